"""Reads bonuses from CSV: every problem of every row named, nothing guessed."""

from __future__ import annotations

import csv
import io
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal

from crowd.errors import FieldProblem

COLUMNS = ("key", "worker", "amount", "reason")
MAX_ROWS = 5_000
MAX_KEY = 60
MAX_REASON = 200
MICROS = 1_000_000


@dataclass(frozen=True)
class BonusRow:
    """One bonus to pay: ``line`` is where the file has it, ``key`` the caller's name for it, unique in the project."""

    line: int
    key: str
    worker: uuid.UUID
    amount_micros: int
    reason: str


def read_bonus_rows(text: str) -> tuple[list[BonusRow], list[FieldProblem]]:
    """The rows of a CSV text with the header ``key,worker,amount,reason``, and every problem with it."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[BonusRow] = []
    problems: list[FieldProblem] = []
    seen: dict[str, int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            return [], [FieldProblem("/csv/1", f"the first line must name the columns {', '.join(COLUMNS)}")]
        for cells in reader:
            line = reader.line_num
            if not cells:
                continue
            if len(rows) + len(problems) >= MAX_ROWS:
                return [], [FieldProblem(f"/csv/{line}", f"more than {MAX_ROWS} rows; split the file")]
            if len(cells) != len(header):
                problems.append(FieldProblem(f"/csv/{line}", f"{len(cells)} cells; the header has {len(header)}"))
                continue
            row, found = _read(line, dict(zip(header, (cell.strip() for cell in cells), strict=True)), seen)
            problems += found
            if row is not None:
                rows.append(row)
    except csv.Error as error:
        problems.append(FieldProblem(f"/csv/{reader.line_num}", f"not CSV: {error}"))
    if not rows and not problems:
        problems.append(FieldProblem("/csv", "there are no rows; nothing to pay"))
    return rows, problems


def amount_micros(text: str) -> int | None:
    """A positive amount with at most six decimals, as micro-units; None for anything else."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return None
    return int(Decimal(text) * MICROS) or None


def _read(line: int, cells: dict[str, str], seen: dict[str, int]) -> tuple[BonusRow | None, list[FieldProblem]]:
    problems = []
    key, reason, amount = cells["key"], cells["reason"], amount_micros(cells["amount"])
    if not 0 < len(key) <= MAX_KEY:
        problems.append(FieldProblem(f"/csv/{line}/key", f"must have 1 to {MAX_KEY} characters"))
    elif key in seen:
        problems.append(FieldProblem(f"/csv/{line}/key", f"repeats the key of line {seen[key]}"))
    seen.setdefault(key, line)
    try:
        worker = uuid.UUID(cells["worker"])
    except ValueError:
        problems.append(FieldProblem(f"/csv/{line}/worker", "must be the id of a worker"))
        worker = uuid.UUID(int=0)
    if amount is None:
        problems.append(FieldProblem(f"/csv/{line}/amount", "write it above zero as 0.50, with at most six decimals"))
    if not 0 < len(reason) <= MAX_REASON:
        problems.append(FieldProblem(f"/csv/{line}/reason", f"must have 1 to {MAX_REASON} characters"))
    if problems or amount is None:
        return None, problems
    return BonusRow(line, key, worker, amount, reason), []
