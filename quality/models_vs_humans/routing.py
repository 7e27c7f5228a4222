"""Certified routing: from which confidence on a model may decide alone, with a bound on how often it errs."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

START_FACTOR = 5.0
"""The strictest threshold tried accepts this many times the tasks that a certificate without any error needs."""

LARGEST = 1_000_000
"""A calibration set of more tasks than this is not worth advising."""

FIRST_SHARE, STEP_SHARE = 0.2, 0.05
"""It accepts at least this share of the calibration tasks; each further threshold accepts so much more."""


@dataclass(frozen=True, kw_only=True)
class RoutingCertificate:
    """The threshold a model is certified for, or None with the reason.

    With probability 1 − delta over calibration samples, at most a share ``alpha`` of what is accepted at confidence
    ≥ ``threshold`` is wrong. coverage: share of the calibration tasks accepted; n_accepted, n_wrong, upper: at the
    threshold, or at the strictest one tried. needed: calibration tasks still missing, about; None when more would not
    help.
    """

    threshold: float | None
    coverage: float
    n_accepted: int
    n_wrong: int
    upper: float
    alpha: float
    delta: float
    needed: int | None
    reason: str

    @property
    def is_certified(self) -> bool:
        return self.threshold is not None


def upper_error(n_wrong: int, n: int, delta: float) -> float:
    """Clopper-Pearson upper bound at 1 − delta on an error rate after ``n_wrong`` of ``n``; 1 when nothing was seen.

    Raises ValueError unless 0 ≤ n_wrong ≤ n and 0 < delta < 1.
    """
    if not (0 <= n_wrong <= n and 0 < delta < 1):
        raise ValueError(f"n_wrong is {n_wrong}, n is {n}, delta is {delta}; out of range")
    return 1.0 if n_wrong == n else float(betaincinv(n_wrong + 1, n - n_wrong, 1 - delta))


def certify(
    confidence: ArrayLike, is_right: ArrayLike, *, alpha: float, delta: float = 0.1, judges: int = 1
) -> RoutingCertificate:
    """Find the lowest confidence from which the model may decide alone.

    confidence: (n,) of the model on calibration tasks drawn at random from those to be decided; is_right: (n,) bool,
    against people. Thresholds are tried from the strictest down, in an order that the errors do not influence, until
    one fails: then every one before it holds at once with probability 1 − ``delta``. A cascade of ``judges`` models
    shares delta among them. Raises ValueError on unequal lengths, a confidence that is not a number or a rate out of
    range. Fixed-sequence testing after Jung, Brahman & Choi (2024).
    """
    sure, right = np.asarray(confidence, dtype=float), np.asarray(is_right, dtype=bool)
    if sure.shape != right.shape or sure.ndim != 1:
        raise ValueError(f"confidence has shape {sure.shape}, is_right {right.shape}; they must be equal")
    if np.isnan(sure).any():
        raise ValueError(f"confidence[{int(np.flatnonzero(np.isnan(sure))[0])}] is not a number")
    if not (0 < alpha < 1 and 0 < delta < 1) or judges < 1:
        raise ValueError(f"alpha is {alpha}, delta is {delta}, judges is {judges}; out of range")
    share = delta / judges
    start = ceil(START_FACTOR * log(share) / log(1 - alpha))
    best: tuple[float, int, int, float] | None = None
    failed: tuple[int, int, float] | None = None
    for threshold, n, wrong in _thresholds(sure, right, start):
        bound = upper_error(wrong, n, share)
        if bound > alpha:
            failed = (n, wrong, bound)
            break
        best = (threshold, n, wrong, bound)
    total = len(sure)
    if best is not None:
        threshold, n, wrong, bound = best
        return RoutingCertificate(
            threshold=threshold,
            coverage=n / total,
            n_accepted=n,
            n_wrong=wrong,
            upper=bound,
            alpha=alpha,
            delta=delta,
            needed=0,
            reason=f"at confidence {threshold:.4g} or more, {wrong} of {n} were wrong; at most {bound:.3f} of all are",
        )
    n, wrong, bound = failed if failed is not None else (total, int((~right).sum()), 1.0)
    needed = _still_needed(n, wrong, total, start, alpha, share) if total else start
    if needed is None:
        reason = f"cannot certify: {wrong} of the {n} surest answers are wrong, more than {alpha:g} of them"
    else:
        reason = f"cannot certify yet: needs about {needed} more calibration tasks"
    return RoutingCertificate(
        threshold=None,
        coverage=0.0,
        n_accepted=n,
        n_wrong=wrong,
        upper=bound,
        alpha=alpha,
        delta=delta,
        needed=needed,
        reason=reason,
    )


def _thresholds(sure: NDArray[Any], right: NDArray[np.bool_], start: int) -> list[tuple[float, int, int]]:
    """(threshold, accepted, wrong) from the strictest down; few steps, for each is one more chance to fail."""
    order = np.argsort(-sure, kind="stable")
    values, wrong = sure[order], np.cumsum(~right[order])
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True)) if len(values) else np.empty(0, dtype=int)
    steps: list[tuple[float, int, int]] = []
    reach = max(start, ceil(FIRST_SHARE * len(values)))
    step = max(1, ceil(STEP_SHARE * len(values)))
    for end in ends.tolist():
        if end + 1 >= reach:
            steps.append((float(values[end]), end + 1, int(wrong[end])))
            reach = end + 1 + step
    return steps


def _still_needed(n: int, wrong: int, total: int, start: int, alpha: float, share: float) -> int | None:
    """Calibration tasks missing if the error rate stays as seen, or None when it is too high for any number."""
    if n >= start and wrong >= alpha * n:
        return None
    # One pseudo-error and one pseudo-success keep a lucky start from promising too much.
    rate = (wrong + 1) / (n + 2)
    size = max(n, start)
    while size < LARGEST:
        if upper_error(int(rate * size), size, share) <= alpha:
            break
        size = ceil(size * 1.05)
    else:
        return None
    return max(1, ceil((size - n) * total / n))
