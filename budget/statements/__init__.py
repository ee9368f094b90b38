"""Files from banks: read, previewed, imported once, agreed with the bank's own balance."""
