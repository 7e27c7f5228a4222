"""AggregationResult: what a fit found, immutable, with its uncertainty and how it got there."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.numerics import TIE

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class AggregationResult:
    """The outcome of `fit` for models over a label set; T tasks, W workers, K labels, N answers.

    posterior: (T, K), rows sum to 1: P(true label | the answers). Tasks without answers get the prevalence.
    calibrated: (T, K) or None, the posterior corrected so that its confidence means its accuracy.
    prevalence: (K,), sums to 1. confusion: (W, K, K) ``[worker, true, given]``, rows sum to 1, or None.
    ability: (W,), the model's one figure per worker (its meaning is the model's, see its docstring) or None;
    ``ability_low``/``ability_high`` its 95 % interval. confusion_low/high: (W, K, K) 95 % intervals or None.
    difficulty: (T,), 0 easy, or None. objective: (n_iter,), the log-likelihood, penalised likelihood or bound per
    iteration, as ``objective_name`` says. ties: (T,) bool, two labels were equally likely; the lowest index won.
    influence: (N,), how much each answer moved its task: the total-variation distance between the posterior with
    and without it, worker matrices held fixed; or None. notes: sentences a person should read with the result.
    """

    model: str
    tasks: Sequence[Hashable]
    workers: Sequence[Hashable]
    labels: Sequence[Hashable]
    posterior: Floats
    prevalence: Floats
    confusion: Floats | None = None
    confusion_low: Floats | None = None
    confusion_high: Floats | None = None
    ability: Floats | None = None
    ability_low: Floats | None = None
    ability_high: Floats | None = None
    difficulty: Floats | None = None
    calibrated: Floats | None = None
    influence: Floats | None = None
    objective: Floats = field(default_factory=lambda: np.empty(0))
    objective_name: str = ""
    converged: bool = True
    n_iter: int = 0
    ties: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> NDArray[np.intp]:
        """Index of each task's consensus label: (T,); ties go to the lowest index."""
        if self.posterior.shape[1] == 0:
            return np.zeros(len(self.posterior), dtype=np.intp)
        # The first label within TIE of the top, so that rounding does not decide a tie.
        near = self.posterior >= self.posterior.max(axis=1, keepdims=True) - TIE
        return np.asarray(np.argmax(near, axis=1))

    @property
    def consensus(self) -> list[Hashable]:
        """Each task's consensus label, in the order of ``tasks``."""
        return [self.labels[i] for i in self.best]

    @property
    def probabilities(self) -> Floats:
        """The calibrated posterior where there is one, else the posterior: (T, K)."""
        return self.posterior if self.calibrated is None else self.calibrated

    @property
    def confidence(self) -> Floats:
        """Probability of each task's consensus label, calibrated where possible: (T,)."""
        chosen: Floats = np.take_along_axis(self.probabilities, self.best[:, None], axis=1)[:, 0]
        return chosen

    def with_notes(self, *notes: str) -> AggregationResult:
        """The same result with further notes."""
        return replace(self, notes=(*self.notes, *notes))
