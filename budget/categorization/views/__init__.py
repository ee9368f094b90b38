"""The pages of rules, merchants and accuracy."""
