"""Planning a project before it starts: how many answers a task, how many golds a worker, what it will cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb, lgamma, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.skill.gold import GoldTest, accuracy_posterior

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The overlap that reaches a target, the golds a worker meets, the answers and the money that takes."""

    overlap: int
    accuracy: float
    golds_per_worker: int
    n_answers: int
    cost: float


def majority_accuracy(overlap: int, n_labels: int, accuracy: float) -> float:
    """P(the majority label is right) of workers of one ``accuracy`` whose errors are even; ties are drawn.

    Exact: for each number of right votes, the ways in which no wrong label gets more. Raises ValueError on values
    out of range.
    """
    if overlap < 1 or n_labels < 2 or not 0 <= accuracy <= 1:
        raise ValueError(f"overlap is {overlap}, n_labels is {n_labels}, accuracy is {accuracy}; out of range")
    wrong = (1 - accuracy) / (n_labels - 1)
    total = 0.0
    for right in range(1, overlap + 1):
        rest = overlap - right
        # Exponential generating functions: the coefficient of x^rest counts the ways to spread the wrong votes.
        below = np.array([1 / np.exp(lgamma(i + 1)) for i in range(right)])
        for level in range(n_labels):
            votes = right * level
            if votes > rest:
                break
            ways = _power(below, n_labels - 1 - level, rest)[rest - votes] / np.exp(level * lgamma(right + 1))
            chance = accuracy**right * wrong**rest * np.exp(lgamma(overlap + 1) - lgamma(right + 1))
            total += chance * comb(n_labels - 1, level) * ways / (level + 1)
    return float(min(total, 1.0))


def overlap_for(target: float, n_labels: int, accuracy: float, *, most: int = 25) -> int | None:
    """Fewest answers a task whose majority is right with chance ``target``, or None when ``most`` do not suffice."""
    if not 0 < target < 1:
        raise ValueError(f"target is {target}; it is a probability between 0 and 1")
    for overlap in range(1, most + 1):
        if majority_accuracy(overlap, n_labels, accuracy) >= target:
            return overlap
    return None


def golds_to_verdict(test: GoldTest, accuracy: float) -> float:
    """Expected golds until the sequential test decides on a worker of this accuracy, by Wald's approximation.

    Overshoot is left out, so that real tests take somewhat longer. Raises ValueError on an accuracy outside (0, 1).
    """
    if not 0 < accuracy < 1:
        raise ValueError(f"accuracy is {accuracy}; it lies between 0 and 1")
    right, wrong = log(test.bad / test.good), log((1 - test.bad) / (1 - test.good))
    drift = accuracy * right + (1 - accuracy) * wrong
    square = accuracy * right**2 + (1 - accuracy) * wrong**2
    if abs(drift) < 1e-9:
        return -test.bad_at * test.good_at / square
    ends = _exponent(right, wrong, accuracy)
    chance_bad = (1 - np.exp(ends * test.good_at)) / (np.exp(ends * test.bad_at) - np.exp(ends * test.good_at))
    return float((chance_bad * test.bad_at + (1 - chance_bad) * test.good_at) / drift)


def golds_for_width(width: float, *, accuracy: float = 0.8, most: int = 10_000) -> int | None:
    """Golds until the 95 % interval of a worker of this accuracy is ``width`` wide at most; None beyond ``most``."""
    if not 0 < width < 1 or not 0 < accuracy < 1:
        raise ValueError(f"width is {width}, accuracy is {accuracy}; both lie between 0 and 1")
    low, high = 0, 1
    while _width(high, accuracy) > width:
        low, high = high, 2 * high
        if low > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _width(middle, accuracy) <= width else (middle, high)
    return high if high <= most else None


def plan_project(
    *,
    n_tasks: int,
    n_workers: int,
    n_labels: int,
    accuracy: float,
    target: float,
    price: float,
    test: GoldTest | None = None,
) -> Plan | None:
    """Overlap, golds and cost for a project, or None when no overlap up to 25 reaches the target.

    The overlap is the majority's: a model over the answers usually needs fewer, so that the plan errs on the dear
    side. Golds per worker are those a guesser is expected to need until caught. Raises ValueError on negative sizes.
    """
    if n_tasks < 0 or n_workers < 0 or price < 0:
        raise ValueError(f"n_tasks is {n_tasks}, n_workers is {n_workers}, price is {price}; none can be negative")
    overlap = overlap_for(target, n_labels, accuracy)
    if overlap is None:
        return None
    sequential = test if test is not None else GoldTest.for_labels(n_labels)
    golds = ceil(golds_to_verdict(sequential, sequential.bad))
    n_answers = n_tasks * overlap + n_workers * golds
    return Plan(
        overlap=overlap,
        accuracy=majority_accuracy(overlap, n_labels, accuracy),
        golds_per_worker=golds,
        n_answers=n_answers,
        cost=n_answers * price,
    )


def _power(series: Floats, exponent: int, degree: int) -> Floats:
    """Coefficients 0 to ``degree`` of a power of a power series."""
    out = np.zeros(degree + 1)
    out[0] = 1.0
    for _ in range(exponent):
        out = np.convolve(out, series)[: degree + 1]
        out = np.pad(out, (0, degree + 1 - len(out)))
    return out


def _exponent(right: float, wrong: float, accuracy: float) -> float:
    """The h other than 0 with E exp(h · step) = 1, on the side opposite to the drift."""
    low, high = (1e-6, 50.0) if accuracy * right + (1 - accuracy) * wrong < 0 else (-50.0, -1e-6)

    def excess(h: float) -> float:
        return float(accuracy * np.exp(h * right) + (1 - accuracy) * np.exp(h * wrong) - 1)

    rising = excess(high) > excess(low)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if (excess(middle) > 0) == rising else (middle, high)
    return (low + high) / 2


def _width(n: int, accuracy: float) -> float:
    estimate = accuracy_posterior(round(n * accuracy), n - round(n * accuracy))
    return estimate.high - estimate.low
