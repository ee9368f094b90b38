"""Faults planted on purpose: a gate that does not see them proves nothing when it passes."""
