"""The second opinion: recounts raw rows and checks bundles with Python's standard library alone.

Nothing here imports Django, the product or the rest of `verification`; it runs in a process of its own.
"""
