"""Judging a worker by the gold answered right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Literal, Self

from scipy.special import betainc, betaincinv

Verdict = Literal["undecided", "bad", "good"]

# A stored log-likelihood ratio may have lost its last digits on the way through a database column.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class SkillEstimate:
    """A worker's accuracy on gold: posterior mean, credible interval, and the golds it rests on."""

    mean: float
    low: float
    high: float
    right: int
    wrong: int


def accuracy_posterior(
    right: int, wrong: int, *, prior: tuple[float, float] = (2.0, 1.0), level: float = 0.95
) -> SkillEstimate:
    """The Beta posterior of a worker's accuracy after ``right`` and ``wrong`` golds.

    ``prior`` holds the pseudo-counts (right, wrong); ``level`` is the mass of the equal-tailed interval.
    Raises ValueError on negative counts, a prior that is not positive or a level outside (0, 1).
    """
    a, b = _posterior(right, wrong, prior)
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it is a probability between 0 and 1")
    tail = (1 - level) / 2
    return SkillEstimate(
        mean=a / (a + b),
        low=float(betaincinv(a, b, tail)),
        high=float(betaincinv(a, b, 1 - tail)),
        right=right,
        wrong=wrong,
    )


def probability_below(bar: float, right: int, wrong: int, *, prior: tuple[float, float] = (2.0, 1.0)) -> float:
    """The posterior probability that a worker's accuracy is under ``bar``.

    Raises ValueError as `accuracy_posterior` does, or when ``bar`` is outside [0, 1].
    """
    a, b = _posterior(right, wrong, prior)
    if not 0 <= bar <= 1:
        raise ValueError(f"bar is {bar}; an accuracy lies between 0 and 1")
    return float(betainc(a, b, bar))


@dataclass(frozen=True, kw_only=True)
class GoldTest:
    """Wald's sequential probability ratio test of a guesser against a good worker.

    The caller stores one number per worker: the log-likelihood ratio of accuracy ``bad`` against accuracy ``good``,
    0 at first. ``alpha`` is the chance of calling a good worker bad and ``beta`` of calling a bad one good, both for
    a single pass (Wald 1945). The ratio is held between its two thresholds, so that a worker cleared long ago who
    turns bad is caught as quickly as one just cleared; the price is that alpha then holds per clearing, not per
    lifetime. Raises ValueError unless 0 < bad < good < 1, alpha and beta are positive and alpha + beta < 1.
    """

    good: float = 0.75
    bad: float = 0.5
    alpha: float = 0.01
    beta: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1:
            raise ValueError(f"good is {self.good}, bad is {self.bad}; they must satisfy 0 < bad < good < 1")
        if not (self.alpha > 0 and self.beta > 0 and self.alpha + self.beta < 1):
            raise ValueError(f"alpha is {self.alpha}, beta is {self.beta}; both must be positive, their sum under 1")

    @classmethod
    def for_labels(cls, n_labels: int, *, good: float = 0.75, alpha: float = 0.01, beta: float = 0.05) -> Self:
        """The test whose bad worker guesses evenly among ``n_labels`` labels.

        Raises ValueError under two labels, where nobody can guess wrong.
        """
        if n_labels < 2:
            raise ValueError(f"n_labels is {n_labels}; guessing needs at least 2 labels")
        return cls(good=good, bad=1 / n_labels, alpha=alpha, beta=beta)

    @cached_property
    def bad_at(self) -> float:
        """The ratio from which the verdict is bad."""
        return log((1 - self.beta) / self.alpha)

    @cached_property
    def good_at(self) -> float:
        """The ratio down to which the verdict is good."""
        return log(self.beta / (1 - self.alpha))

    def update(self, llr: float, is_right: bool) -> float:
        """The log-likelihood ratio after one more gold, held between the two thresholds."""
        step = log(self.bad / self.good) if is_right else log((1 - self.bad) / (1 - self.good))
        return min(self.bad_at, max(self.good_at, llr + step))

    def verdict(self, llr: float) -> Verdict:
        """What the ratio says so far. Raises ValueError when it is not a number."""
        if llr != llr:
            raise ValueError("the log-likelihood ratio is not a number")
        if llr >= self.bad_at - ROUNDING:
            return "bad"
        if llr <= self.good_at + ROUNDING:
            return "good"
        return "undecided"


def _posterior(right: int, wrong: int, prior: tuple[float, float]) -> tuple[float, float]:
    if right < 0 or wrong < 0:
        raise ValueError(f"right is {right}, wrong is {wrong}; counts of golds cannot be negative")
    if not (prior[0] > 0 and prior[1] > 0):
        raise ValueError(f"prior is {prior}; both pseudo-counts must be positive")
    return right + prior[0], wrong + prior[1]
