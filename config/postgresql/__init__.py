"""Django's PostgreSQL backend with a pool that survives the death of all its idle connections."""
