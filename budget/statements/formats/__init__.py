"""Files from banks: which format a file is of, and its reader. Plain Python, no database."""

from budget.statements.formats.recognition import all_formats, recognise

__all__ = ["all_formats", "recognise"]
