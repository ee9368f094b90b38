"""Fixtures that every test of the product may use."""
