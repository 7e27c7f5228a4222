"""What stopping early saves, at which price in accuracy, measured on tasks that were answered in full all the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv
from scipy.stats import t as student

Floats = NDArray[np.floating[Any]]

# Fewer tasks give intervals too wide to decide by.
LEAST_TASKS = 30
JEFFREYS = 0.5


@dataclass(frozen=True, kw_only=True)
class Savings:
    """Shares in [0, 1] with their intervals; all None, with a reason, where there are too few tasks.

    saved: of the full answers, how many stopping early would not have asked for. kept: of the tasks, how many would
    have ended with the label of the full answers.
    """

    tasks: int
    saved: float | None = None
    saved_low: float | None = None
    saved_high: float | None = None
    kept: float | None = None
    kept_low: float | None = None
    kept_high: float | None = None
    reason: str | None = None


def measure_savings(
    stopped: ArrayLike, full: ArrayLike, agrees: ArrayLike, *, level: float = 0.95, least: int = LEAST_TASKS
) -> Savings:
    """Savings over tasks: answers at which each would have stopped (n,), its answers in full (n,), same label (n,).

    The saving is a ratio of sums; its interval is linearised, Student's t over tasks. One imagined task that saves
    nothing enters the variance: without it, tasks that all stop alike would make an interval of no width. The share
    of kept labels has Jeffreys' interval. Raises ValueError on unequal lengths, on a task that stops before its first
    or after its last answer, or a level outside (0, 1).
    """
    early, whole = np.asarray(stopped, dtype=float), np.asarray(full, dtype=float)
    same = np.asarray(agrees, dtype=bool)
    n = len(early)
    if early.shape != (n,) or whole.shape != (n,) or same.shape != (n,):
        raise ValueError(
            f"stopped, full, agrees have shapes {early.shape}, {whole.shape}, {same.shape}; not one length"
        )
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it lies between 0 and 1")
    bad = np.flatnonzero(~((early >= 1) & (early <= whole)))
    if bad.size:
        raise ValueError(f"task {bad[0]} stops at {early[bad[0]]:g} of {whole[bad[0]]:g} answers; out of range")
    if n < max(least, 2):
        return Savings(tasks=n, reason="too_few_audited_tasks")
    tail = (1 - level) / 2
    asked = float(early.sum() / whole.sum())
    rest = np.append(early - asked * whole, (1 - asked) * whole.mean())
    se = float(np.sqrt((n + 1) / n * np.sum(rest**2)) / whole.sum())
    reach = float(student.ppf(1 - tail, n - 1)) * se
    right = int(same.sum())
    a, b = right + JEFFREYS, n - right + JEFFREYS
    return Savings(
        tasks=n,
        saved=1 - asked,
        saved_low=max(0.0, 1 - asked - reach),
        saved_high=min(1.0, 1 - asked + reach),
        kept=right / n,
        kept_low=0.0 if right == 0 else float(betaincinv(a, b, tail)),
        kept_high=1.0 if right == n else float(betaincinv(a, b, 1 - tail)),
    )
