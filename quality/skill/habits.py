"""Habits of working that call for a look: streaks of skips, a clockwork pace, the same text again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

# A worker whose times vary less than this share of what is usual works like a clock.
CLOCKWORK_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class StreakEvidence:
    """The longest streak of True, and the chance of one as long where each comes alone."""

    longest: int
    n: int
    p_value: float


@dataclass(frozen=True, kw_only=True)
class RepeatEvidence:
    """The text that a worker gave most often, and how often, of how many."""

    times: int
    n: int
    share: float


def longest_streak(is_hit: Sequence[bool], rate: float) -> StreakEvidence:
    """Test the longest streak against independent events with this rate; exact, O(n).

    Raises ValueError on a rate outside [0, 1].
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is {rate}; it is a share between 0 and 1")
    longest = run = 0
    for hit in is_hit:
        run = run + 1 if hit else 0
        longest = max(longest, run)
    return StreakEvidence(longest=longest, n=len(is_hit), p_value=streak_probability(len(is_hit), longest, rate))


def streak_probability(n: int, length: int, rate: float) -> float:
    """P(some streak of at least ``length`` events in ``n`` trials, each with chance ``rate``), exactly."""
    if length <= 0:
        return 1.0
    if length > n:
        return 0.0
    # seen[i]: P(a streak within the first i); one ends first at i if a miss, then `length` events, with none before.
    seen = np.zeros(n + 1)
    seen[length] = rate**length
    for i in range(length + 1, n + 1):
        seen[i] = seen[i - 1] + (1 - seen[i - length - 1]) * (1 - rate) * rate**length
    return float(min(1.0, seen[n]))


def clockwork_p_values(residual: NDArray[np.float64], worker: NDArray[np.int64], *, n_workers: int) -> np.ndarray:
    """P-values (W,) that a worker's times vary by half of what is usual or more; small: works like a clock.

    ``residual``: (N,) log times over what the task's length predicts, in the crowd's standard deviations; what is
    usual is the median of the workers' own spreads. nan under ten answers. A pace is a habit, not a proof.
    """
    if not n_workers:
        return np.empty(0)
    n = np.bincount(worker, minlength=n_workers)
    middle = np.zeros(n_workers)
    order = np.argsort(worker, kind="stable")
    for w, own in enumerate(np.split(residual[order], np.cumsum(n)[:-1])):
        middle[w] = np.median(own) if own.size else 0.0
    # Around the own middle, no further than one deviation: an interruption must not hide a clock.
    held = np.clip(residual - middle[worker], -1.0, 1.0)
    mean = np.bincount(worker, weights=held, minlength=n_workers) / np.maximum(n, 1)
    squares = np.bincount(worker, weights=(held - mean[worker]) ** 2, minlength=n_workers)
    enough = n >= 10
    p_values = np.full(n_workers, np.nan)
    if enough.any():
        usual = np.median(squares[enough] / (n[enough] - 1))
        if usual > 0:
            p_values[enough] = chi2.cdf(squares[enough] / (usual * CLOCKWORK_SHARE**2), n[enough] - 1)
    return p_values


def pace_p_value(fast: int, of: int) -> float:
    """P-value that half of a worker's answers or fewer are too fast, given how many were."""
    return float(binom.sf(fast - 1, of, 0.5)) if of else 1.0


def repeated_text(texts: Sequence[str]) -> RepeatEvidence:
    """The commonest text, but for case and spaces."""
    if not texts:
        return RepeatEvidence(times=0, n=0, share=0.0)
    times = Counter(" ".join(text.split()).casefold() for text in texts).most_common(1)[0][1]
    return RepeatEvidence(times=times, n=len(texts), share=times / len(texts))
