"""Kendall's tau of two full orders of the same things."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np


def kendall_tau(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """1 for the same order, −1 upside down; expectation 0 for orders drawn at random. A single thing agrees.

    Raises ValueError unless both order the same things, each once.
    """
    place = {thing: i for i, thing in enumerate(second)}
    if len(place) != len(second) or len(first) != len(second) or set(first) != set(place):
        raise ValueError(f"{tuple(first)!r} and {tuple(second)!r} are not orders of the same things")
    n = len(first)
    if n < 2:
        return 1.0
    at = np.array([place[thing] for thing in first])
    swapped = int((at[:, None] > at[None, :])[np.triu_indices(n, 1)].sum())
    return 1.0 - 4.0 * swapped / (n * (n - 1))
