"""Keeps Python's collector of cycles from walking through the whole process again and again while rows stream by."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Rows are freed as they go, by their counts: a third of an import's time went into looking for cycles among them.
# What other threads leave behind meanwhile is still found, only later.
SELDOM = (100_000, 20, 20)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """The collector runs seldom inside, and as before afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
