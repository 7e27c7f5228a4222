"""What can be wrong with answers, said in one sentence that names the place."""

from __future__ import annotations


class AnswerError(ValueError):
    """Bad input to the library; the message says what is wrong, where, and what to do.

    ``row`` is the 1-based line in the file, or position among the records; ``column`` the field's name; ``problem``
    the message without the place.
    """

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None) -> None:
        place = ", ".join(
            part for part in (f"row {row}" if row is not None else "", f"column {column!r}" if column else "") if part
        )
        super().__init__(f"{place}: {message}" if place else message)
        self.problem = message
        self.row = row
        self.column = column


class ConvergenceWarning(UserWarning):
    """A model stopped at its iteration limit; the result says how far it still moved."""
