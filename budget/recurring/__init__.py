"""Rent, salaries, subscriptions: what comes again, when it comes next, and what posts itself."""
