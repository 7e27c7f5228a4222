"""What a file says, row by row, whatever its format; and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_CELL_CHARACTERS = 1 << 20
"""Longest cell of a table."""

MAX_LINE_BYTES = 16 << 20
"""Longest line of a file that is read by lines, and longest entry of a JSON list."""

MAX_DEPTH = 64
"""How deep JSON may be nested."""


class RowProblem(Exception):
    """One row cannot be taken: the row's number, the column where it can be named, one sentence."""

    def __init__(self, row: int, detail: str, column: str = "") -> None:
        super().__init__(detail)
        self.row, self.detail, self.column = row, detail, column


class FileProblem(Exception):
    """The file cannot be read to its end, whatever is done about single rows; ``row`` where it is known."""

    def __init__(self, detail: str, row: int | None = None) -> None:
        super().__init__(detail if row is None else f"row {row}: {detail}")
        self.row, self.detail = row, detail


@dataclass(slots=True)
class FoundAnswer:
    """An answer in a file. ``is_text``: its value is a cell of a table, to be read by the project's answer type."""

    worker: str
    value: Any
    kind: str = "human"
    is_text: bool = False
    elapsed_seconds: float = 0.0
    answered_at: str = ""
    # What shapes a model's votes, as far as the file says.
    model: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class FoundRow:
    """One row of a file. ``key`` is empty where the file names none.

    ``is_addition``: the row may add answers to a task that exists; otherwise its task has to be new. ``payload`` is
    None where the file has none.
    """

    number: int
    key: str = ""
    payload: dict[str, Any] | None = None
    priority: int = 0
    gold: list[Any] | None = None
    is_gold_text: bool = False
    reason: str = ""
    answers: list[FoundAnswer] = field(default_factory=list)
    skips: list[tuple[str, str]] = field(default_factory=list)
    is_addition: bool = False
    # The file says that this row is not to be used, as for a rejected assignment.
    is_passed_over: bool = False
