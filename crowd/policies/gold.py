"""When a task is a gold one, and in which order golds come: least used, balanced over labels, else at random."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from quality.skill.gold import accuracy_posterior

# Times the project's rate, at full ignorance about the worker and at perfect knowledge: never zero, so that a
# worker who turns bad is noticed.
FACTOR_UNKNOWN = 3.0
FACTOR_KNOWN = 0.5
# No more than half of the tasks are gold, whatever the project asks for early on.
CEILING = 0.5


def gold_probability(*, rate: float, right: int, wrong: int, is_restricted: bool = False) -> float:
    """Chance in [0, 0.5] that the next task is gold; a restricted worker is at the ceiling, to be cleared soon.

    ``rate``: the project's gold rate in [0, 1]. ``right``, ``wrong``: gold answers of this worker so far. The chance
    falls with the width of the 95 % interval of the worker's accuracy.
    """
    if rate == 0:
        return 0.0
    if is_restricted:
        return max(CEILING, rate)
    ignorance = _width(right, wrong) / _width(0, 0)
    factor = FACTOR_KNOWN + (FACTOR_UNKNOWN - FACTOR_KNOWN) * min(1.0, ignorance)
    # A project that wants more than half gold gets what it asks for.
    return min(max(CEILING, rate), rate * factor)


def spread_over_labels(labels: Sequence[str], rng: random.Random) -> list[float]:
    """A place in [0, 1) for each gold of that right label, to break ties between equally used ones.

    The golds of a label are shuffled, then spread evenly: any stretch of the order holds the labels in the proportion
    of the stock, and nobody can tell which comes next. The claim takes the least used in this order, from an index.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        rows[label].append(row)
    places = [0.0] * len(labels)
    for of_label in rows.values():
        rng.shuffle(of_label)
        for i, row in enumerate(of_label):
            places[row] = (i + rng.random()) / len(of_label)
    return places


def _width(right: int, wrong: int) -> float:
    estimate = accuracy_posterior(right, wrong)
    return estimate.high - estimate.low
