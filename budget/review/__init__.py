"""The queue of transactions that wait for a person: proposed, chosen, kept for later, filed."""
