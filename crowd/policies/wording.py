"""Values as they can stand in a sentence, however long they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MAX_SHOWN = 80


def shorten(value: Any) -> str:
    """The value as it can stand in a sentence, however long it is."""
    shown = repr(value)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}… ({len(shown)} characters)"


def listing(values: Sequence[str]) -> str:
    """The first of the values, quoted, as they can stand in a sentence."""
    shown = ", ".join(shorten(value) for value in values[:10])
    return shown if len(values) <= 10 else f"{shown} and {len(values) - 10} more"
