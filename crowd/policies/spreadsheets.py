"""Keeps a spreadsheet from taking a text for a formula, in a way that can be undone."""

from __future__ import annotations

_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def neutral(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet could compute it."""
    return f"'{text}" if text.startswith(_MARKS) else text


def as_written(cell: str) -> str:
    """What `neutral` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_MARKS) else cell
