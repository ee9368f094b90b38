"""The reports of several months: one module for each page."""
