"""The CRUD matrix: every model that a person can write x create, read, update, delete, list, and somebody else."""
