"""Routing: how far up the queue a task stands, within what its manager asked for."""

from __future__ import annotations

# A claim takes the highest level of ``Task.priority`` first, at random within it. Each priority of the manager is this
# many levels; what routing says is the place among them.
BANDS = 8
UNTOUCHED = 0
# Begun, but with fewer answers than anything can be decided by.
BEGUN = 1
# Above the minimum, not sure yet: from the least sure to the surest.
FIRST_UNSURE, LAST_UNSURE = -1, -6


def routed(*, asked: int, band: int) -> int:
    """``Task.priority`` for what the manager asked and a band in −6 … 1. Raises ValueError on any other band."""
    if not LAST_UNSURE <= band <= BEGUN:
        raise ValueError(f"band is {band}; it lies in {LAST_UNSURE} … {BEGUN}")
    return asked * BANDS + band


def asked_priority(priority: int) -> int:
    """What the manager asked, from ``Task.priority``."""
    return (priority - LAST_UNSURE) // BANDS


def band_of(*, answers: int, least: int, confidence: float, chance: float) -> int:
    """The band of a task that is not finished, from its answers and how sure its consensus is.

    ``chance``: how sure it would be without any answer.

    First whatever was begun, up to the ``least`` answers that a decision takes; then what nobody has begun; then more
    answers for the tasks that stayed in doubt, the least sure first: by then more is known of the workers, so that
    fewer answers settle them. benchmarks/replay.py measures this against other orders. The steps of doubt are
    coarse, so that most answers move no task, which spares the claim's index.
    """
    if answers == 0:
        return UNTOUCHED
    if answers < least:
        return BEGUN
    doubt = min(1.0, max(0.0, (1 - confidence) / (1 - chance)))
    steps = FIRST_UNSURE - LAST_UNSURE
    return LAST_UNSURE + min(steps, int(doubt * (steps + 1)))
