"""Workers who get worse: a sequential test whose false alarms are held however often it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

SHIFTS = (1.0, 2.0, 3.0)
"""Rises of the log odds of a wrong answer that are bet on."""

JUMP = 0.02
"""Share of the stake that changes sides at each answer, so that a change is caught wherever it begins."""


@dataclass(frozen=True, kw_only=True)
class DriftTest:
    """``p_value`` is valid at any time, looked at after every answer: P(ever at most a | no change) <= a.

    ``since``: the answer (from 0) from which the worse stretch most likely runs, None without answers; the counts are
    of the answers before it and from it on.
    """

    n: int
    p_value: float
    since: int | None
    before_right: int
    before: int
    after_right: int
    after: int


def drift_test(is_right: Sequence[bool], *, seed: int = 0) -> DriftTest:
    """Test whether a worker's answers, in order, have become wrong more often.

    A conformal test martingale (Vovk, Gammerman, Shafer 2005): while right and wrong come in an exchangeable order,
    the p-value of each answer given the earlier ones is uniform and independent; the bet is on small ones, with a
    stake that moves between no change and three sizes of it. Its highest value is at least 1/a with probability a or
    less (Ville 1939). Ties are broken by random numbers drawn from ``seed``: the same answers give the same p-value,
    and a further answer leaves the earlier ones as they were.
    """
    rng = np.random.default_rng(seed)
    draws = rng.random(len(is_right))
    stakes = np.array([1.0, *([0.0] * len(SHIFTS))])
    log_wealth, highest, wrong = 0.0, 0.0, 0
    for t, right in enumerate(is_right):
        rate = (wrong + 0.5) / (t + 1)
        wrong += int(not right)
        # Wrong answers are the strange ones: the share of answers at least as strange, ties at random.
        p = draws[t] * wrong / (t + 1) if not right else (wrong + draws[t] * (t + 1 - wrong)) / (t + 1)
        stakes = (1 - JUMP) * stakes + JUMP * stakes.sum() / len(stakes)
        stakes = stakes * np.array([1.0, *(_gain(p, rate, shift) for shift in SHIFTS)])
        log_wealth += log(stakes.sum())
        stakes = stakes / stakes.sum()
        highest = max(highest, log_wealth)
    since = _likeliest_start(is_right)
    head, tail = (is_right[:since], is_right[since:]) if since is not None else ((), ())
    return DriftTest(
        n=len(is_right),
        p_value=min(1.0, exp(-highest)),
        since=since,
        before_right=sum(head),
        before=len(head),
        after_right=sum(tail),
        after=len(tail),
    )


def _gain(p: float, rate: float, shift: float) -> float:
    """A density on [0, 1]: what the bet pays when the share of wrong answers has risen by ``shift`` in log odds."""
    risen = rate * exp(shift) / (1 - rate + rate * exp(shift))
    return risen / rate if p < rate else (1 - risen) / (1 - rate)


def _likeliest_start(is_right: Sequence[bool]) -> int | None:
    n = len(is_right)
    if not n:
        return None
    right = np.concatenate([[0], np.cumsum(np.asarray(is_right, dtype=float))])
    at = np.arange(1, n)
    if not at.size:
        return 0
    head, tail = right[at] / at, (right[n] - right[at]) / (n - at)
    gain = at * _entropy_left(head) + (n - at) * _entropy_left(tail)
    gain = np.where(tail < head, gain, -np.inf)
    best = int(np.argmax(gain))
    return int(at[best]) if np.isfinite(gain[best]) else 0


def _entropy_left(share: np.ndarray) -> np.ndarray:
    inside = np.clip(share, 1e-12, 1 - 1e-12)
    return np.asarray(inside * np.log(inside) + (1 - inside) * np.log1p(-inside))
