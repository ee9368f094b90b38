"""Files from banks: which format a file is of, and its reader. Plain Python, no database."""

from budget.statements.formats.recognition import all_formats, read_statements, recognise

__all__ = ["all_formats", "read_statements", "recognise"]
