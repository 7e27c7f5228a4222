"""The shape of a panel: figures with their intervals, charts, tables, each entry with the tasks that it opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def figure(
    name: str,
    value: float | str | None,
    *,
    low: float | None = None,
    high: float | None = None,
    n: int | None = None,
    unit: str = "",
    reason: str = "",
) -> Json:
    """One figure. A value of None needs a reason; ``unit`` is "share", "micros", "seconds", "" for a plain number."""
    if value is None and not reason:
        raise ValueError(f"{name} has neither a value nor a reason")
    return {"name": name, "value": value, "low": low, "high": high, "n": n, "unit": unit, "reason": reason}


def table(
    name: str, title: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], opens: Any = None
) -> Json:
    """A table. columns: (title, unit), unit "text", "number", "share", "micros", "seconds", "time".

    ``opens``: for each row what its tasks have in common, as the query of the list of tasks takes it, or None.
    """
    wrong = [row for row in rows if len(row) != len(columns)]
    if wrong:
        raise ValueError(f"a row of {name} has {len(wrong[0])} cells for {len(columns)} columns")
    return {
        "name": name,
        "title": title,
        "columns": [{"title": column, "unit": unit} for column, unit in columns],
        "rows": [list(row) for row in rows],
        "opens": list(opens) if opens is not None else [None] * len(rows),
    }


def chart(kind: str, title: str, **spec: Any) -> Json:
    """A chart in one of the kinds of web/front/src/chart_kinds.js: series, intervals, matrix, bars."""
    return {"kind": kind, "title": title, **spec}


def body(
    *, figures: Sequence[Json] = (), charts: Sequence[Json] = (), tables: Sequence[Json] = (), notes: Sequence[str] = ()
) -> Json:
    """A whole panel. Every chart's figures must stand in one of the tables."""
    return {"figures": list(figures), "charts": list(charts), "tables": list(tables), "notes": list(notes)}
