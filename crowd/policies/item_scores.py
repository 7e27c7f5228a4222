"""Which compared items get a score, and what is said where there are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

# The fit's cost grows with the cube of the items: at the limit it takes seconds, ten times over it hours.
MOST_ITEMS = 1_000
LEAST_TASKS = 2


@dataclass(frozen=True)
class ScoredPairs:
    """``pairs``: task id → its two items, of comparisons between items that are scored.

    ``named``: items with an id of their own in any answered task. ``refusal``: why nothing is scored, None otherwise.
    """

    pairs: dict[int, tuple[str, str]]
    named: int
    refusal: str | None = None


def scored_pairs(pairs: Mapping[int, tuple[str, str]]) -> ScoredPairs:
    """The comparisons between items that are seen in two or more tasks; none beyond the limit of items."""
    seen = Counter(item for pair in pairs.values() for item in pair)
    shared = {item for item, tasks in seen.items() if tasks >= LEAST_TASKS}
    kept = {task: pair for task, pair in pairs.items() if shared.issuperset(pair)}
    items = {item for pair in kept.values() for item in pair}
    if len(items) > MOST_ITEMS:
        sentence = (
            f"{len(items):,} items are compared in two or more tasks; scores are worked out for up to {MOST_ITEMS:,}: "
            "compare fewer, or fit the exported answers yourself"
        )
        return ScoredPairs({}, len(seen), sentence)
    return ScoredPairs(kept, len(seen))
