"""People who log in, known by their email address."""
