"""The pages of the review queue and what they answer."""
