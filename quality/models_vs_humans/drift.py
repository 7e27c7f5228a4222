"""Drift: whether a model still is what it was when its votes were let in."""

from __future__ import annotations

from quality.skill.gold import GoldTest

FALSE_ALARM, MISSED = 0.01, 0.1
"""Chance of demoting a model that is as good as ever, and of clearing one that is not, per pass of the test."""

LEAST_FALL = 0.1
BEST = 0.98


def drift_test(reference: float, n_labels: int) -> GoldTest:
    """The sequential test of the accuracy a model was admitted with against one that has lost half of its worth.

    ``reference``: its accuracy when it was admitted. Worth is what lies above guessing among ``n_labels`` labels; the
    fall tested for is at least a tenth. Each gold or audit is one step of `GoldTest`, which holds a long good past
    within bounds, so that a model that turns is caught as fast as a new one. Raises ValueError unless 0 ≤ reference ≤
    1 and there are two labels.
    """
    if not 0 <= reference <= 1 or n_labels < 2:
        raise ValueError(f"reference is {reference}, n_labels is {n_labels}; an accuracy, and at least 2")
    chance = 1 / n_labels
    # A model admitted near guessing is held to being better than that.
    good = min(BEST, max(reference, chance + LEAST_FALL))
    bad = good - max(LEAST_FALL, (good - chance) / 2)
    return GoldTest(good=good, bad=max(0.01, bad), alpha=FALSE_ALARM, beta=MISSED)
