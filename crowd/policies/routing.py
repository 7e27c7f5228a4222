"""Routing: how far up the queue a task stands, within what its manager asked for."""

from __future__ import annotations

# A claim takes the highest level of ``Task.priority`` first, at random within it. Each priority of the manager is this
# many levels; what routing says is the place among them.
BANDS = 8
UNTOUCHED = 0
# The lowest band of a task that has answers: whatever was begun comes before what was not.
BEGUN = 1
HIGHEST = BANDS - 1


def routed(*, asked: int, band: int) -> int:
    """``Task.priority`` for what the manager asked and a band in 0 … 7. Raises ValueError on any other band."""
    if not 0 <= band < BANDS:
        raise ValueError(f"band is {band}; it lies in 0 … {BANDS - 1}")
    return asked * BANDS + band


def asked_priority(priority: int) -> int:
    """What the manager asked, from ``Task.priority``."""
    return priority // BANDS


def band_of(*, answers: int, confidence: float, n_labels: int) -> int:
    """The band of a task that is not finished: the surer its consensus, the lower; without answers 0.

    Between chance and certainty six steps, so that most answers move no task, which spares the claim's index. The
    least sure first: measured against the surest first and against random order by benchmarks/replay.py.
    """
    if answers == 0:
        return UNTOUCHED
    chance = 1 / n_labels
    doubt = min(1.0, max(0.0, (1 - confidence) / (1 - chance)))
    steps = HIGHEST - BEGUN
    return BEGUN + min(steps, int(doubt * (steps + 1)))
