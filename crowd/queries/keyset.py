"""Cuts lists into pages by where the last one ended: nothing is counted, nothing is passed over twice."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet


@dataclass(frozen=True)
class KeysetPage:
    """Some rows, and the mark to ask for those that follow; None at the end."""

    rows: list[Any]
    following: str | None


def page_after(
    rows: QuerySet[Any], *, mark: str, size: int, column: str = "", is_descending: bool = False
) -> KeysetPage:
    """The rows after a mark, ordered by a column of numbers that is never NULL, then by id; by id alone without one.

    A mark that makes no sense begins at the beginning.
    """
    side = "lt" if is_descending else "gt"
    place = _read(mark, has_value=bool(column))
    if place is not None:
        value, pk = place
        beyond = Q(**{f"id__{side}": pk})
        if column:
            beyond = Q(**{f"{column}__{side}": value}) | (Q(**{column: value}) & beyond)
        rows = rows.filter(beyond)
    names = [column, "id"] if column else ["id"]
    found = list(rows.order_by(*(F(name).desc() if is_descending else F(name).asc() for name in names))[: size + 1])
    if len(found) <= size:
        return KeysetPage(found, None)
    last = found[size - 1]
    return KeysetPage(found[:size], _write(_value(last, column) if column else None, last.pk))


def _value(row: Any, column: str) -> Any:
    for name in column.split("__"):
        row = getattr(row, name)
    return row


def _write(value: Any, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, pk]).encode()).decode().rstrip("=")


def _read(mark: str, *, has_value: bool) -> tuple[float | None, int] | None:
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(mark.encode() + b"=="))
    except (ValueError, TypeError):
        return None
    if isinstance(pk, bool) or not isinstance(pk, int) or not 0 <= pk < 2**63:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return (value if has_value else None, pk) if is_number == has_value else None
