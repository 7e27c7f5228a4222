"""What a fit of numbers found, with its intervals, along with the form of a worker's history of errors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

from quality.answer_forms.numeric import NumericAnswers

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class NumberHistory:
    """A worker's earlier errors on known values: how many, their mean, their variance about it (unit squared).

    Raises ValueError on a negative count or variance, or a number that is not finite.
    """

    count: float
    mean_error: float
    variance: float

    def __post_init__(self) -> None:
        for name in ("count", "mean_error", "variance"):
            if not np.isfinite(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a finite number")
        if self.count < 0 or self.variance < 0:
            raise ValueError(f"count is {self.count}, variance is {self.variance}; neither can be negative")


@dataclass(frozen=True, kw_only=True, eq=False)
class NumbersResult:
    """The outcome of a fit of numbers; T tasks, W workers, N answers; all in the unit of the answers.

    value: (T,), the consensus, with its standard deviation and 95 % interval (gold: the gold value, 0). bias: (W,),
    how far a worker answers above the value; noise: (W,), the standard deviation about it; both with 95 % intervals.
    weight: (N,), at most 1, near 0 for outliers. mean, spread: of the values. objective: (n_iter,).
    """

    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    value: Floats
    value_sd: Floats
    low: Floats
    high: Floats
    bias: Floats
    bias_low: Floats
    bias_high: Floats
    noise: Floats
    noise_low: Floats
    noise_high: Floats
    weight: Floats
    mean: float
    spread: float
    objective: Floats
    converged: bool
    n_iter: int
    parameters: Mapping[str, Any]
    model: str = "numbers"
    objective_name: str = "evidence lower bound"
    notes: tuple[str, ...] = ()

    @classmethod
    def from_moments(
        cls,
        *,
        answers: NumericAnswers,
        value: Floats,
        value_sd: Floats,
        bias: Floats,
        bias_sd: Floats,
        noise_variance: Floats,
        noise_counts: Floats,
        weight: Floats,
        mean: float,
        spread: float,
        objective: Floats,
        converged: bool,
        parameters: Mapping[str, Any],
    ) -> Self:
        """Add the intervals: Gaussian for values and biases, chi-squared with ``noise_counts`` for the noise."""
        far = float(ndtri(0.975))
        squares = noise_variance * noise_counts
        return cls(
            tasks=answers.tasks,
            workers=answers.workers,
            value=value,
            value_sd=value_sd,
            low=value - far * value_sd,
            high=value + far * value_sd,
            bias=bias,
            bias_low=bias - far * bias_sd,
            bias_high=bias + far * bias_sd,
            noise=np.sqrt(noise_variance),
            noise_low=np.sqrt(squares / chdtri(noise_counts, 0.025)),
            noise_high=np.sqrt(squares / chdtri(noise_counts, 0.975)),
            weight=weight,
            mean=mean,
            spread=spread,
            objective=objective,
            converged=converged,
            n_iter=len(objective),
            parameters=parameters,
            notes=() if answers.n_answers else ("there are no answers to learn from",),
        )
