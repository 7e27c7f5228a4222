"""How likely the next task is a gold one: often while little is known about the worker, rarely when much is."""

from __future__ import annotations

from quality.skill.gold import accuracy_posterior

# Times the project's rate, at full ignorance about the worker and at perfect knowledge: never zero, so that a
# worker who turns bad is noticed.
FACTOR_UNKNOWN = 3.0
FACTOR_KNOWN = 0.5
# No more than half of the tasks are gold, whatever the project asks for early on.
CEILING = 0.5


def gold_probability(*, rate: float, right: int, wrong: int) -> float:
    """Chance in [0, 0.5] that the next task is gold.

    ``rate``: the project's gold rate in [0, 1]. ``right``, ``wrong``: gold answers of this worker so far. The chance
    falls with the width of the 95 % interval of the worker's accuracy.
    """
    if rate == 0:
        return 0.0
    ignorance = _width(right, wrong) / _width(0, 0)
    factor = FACTOR_KNOWN + (FACTOR_UNKNOWN - FACTOR_KNOWN) * min(1.0, ignorance)
    # A project that wants more than half gold gets what it asks for.
    return min(max(CEILING, rate), rate * factor)


def _width(right: int, wrong: int) -> float:
    estimate = accuracy_posterior(right, wrong)
    return estimate.high - estimate.low
