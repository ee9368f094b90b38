"""The gates of a release: one module each, in the order in which they run."""
