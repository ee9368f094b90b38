"""A whole book as one file to take away, and back into a book from such a file."""
