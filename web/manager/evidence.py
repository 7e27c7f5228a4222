"""Evidence as it was stored, in lines that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from web.figures import MISSING, number

MOST_LINES = 40


def evidence_lines(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of figures that may be nested; a long list is cut."""
    return [(name, text) for name, text in _flat("", evidence)][:MOST_LINES]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{prefix} · {key}" if prefix else str(key), inner)
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        for place, inner in enumerate(value, start=1):
            yield from _flat(f"{prefix} {place}", inner)
    elif isinstance(value, list):
        yield prefix.replace("_", " "), ", ".join(_plain(one) for one in value)
    else:
        yield prefix.replace("_", " "), _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return MISSING
    return number(value, 3) if isinstance(value, float) else str(value)
