"""Is this build fit to release? Runs the gates, and writes evidence that a stranger can check and rerun."""
