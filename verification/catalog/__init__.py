"""What a database's own catalogue says of its schema, on both engines in one shape."""
