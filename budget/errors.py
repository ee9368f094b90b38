"""The base of every refusal that a person may read."""


class BudgetError(Exception):
    """Something that cannot be done, said in one sentence: what stands in the way and what to do about it.

    ``str(error)`` is that sentence; pages, the API and commands show it as it is.
    """
