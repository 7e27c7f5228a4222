"""Reads the ids of what was ticked in a table."""

from __future__ import annotations

import uuid
from collections.abc import Sequence


def read_uids(texts: Sequence[str]) -> list[uuid.UUID]:
    """The ids; what is none is left out."""
    found: list[uuid.UUID] = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
