"""How long a worker gets for a task: from what workers were seen to need."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Enough for a 95th percentile that two slow workers cannot move far.
MIN_OBSERVED = 50
# So many of the newest answers are looked at: people learn, and instructions change.
OBSERVED = 500
QUANTILE = 0.95
# One in twenty needs longer than the quantile: they are given half as much again before their place is taken.
MARGIN = 1.5
SHORTEST_SECONDS = 60
LONGEST_SECONDS = 24 * 3600
# A lease that moved by less would only be written for nothing.
WORTH_MOVING = 0.1


def lease_for(elapsed_seconds: Sequence[float], *, now_seconds: int) -> int:
    """The lease in seconds, given the newest work times; ``now_seconds`` where they say too little or nothing new."""
    if len(elapsed_seconds) < MIN_OBSERVED:
        return now_seconds
    ordered = sorted(elapsed_seconds)
    # The nearest rank: the smallest observed time that at least this share of workers kept.
    quantile = ordered[math.ceil(QUANTILE * len(ordered)) - 1]
    wanted = min(LONGEST_SECONDS, max(SHORTEST_SECONDS, math.ceil(MARGIN * quantile)))
    return wanted if abs(wanted - now_seconds) > WORTH_MOVING * now_seconds else now_seconds
