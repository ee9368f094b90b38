"""Proposes a category for a transaction: amount rules, then known merchants, then a model of one's own choices."""
