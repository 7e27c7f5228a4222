"""EBCC: workers whose errors are correlated, because a label has hidden subtypes of tasks that mislead them alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.history import History
from quality.aggregation.incidence import Incidence, incidence
from quality.aggregation.subtype_result import empty_result, subtype_result
from quality.aggregation.subtypes import SubtypeFit, fit_subtypes, split
from quality.aggregation.worker_prior import early_fit, worker_prior
from quality.answers import AnswerSet, Gold, label_order
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]

HOPELESS = 0.015
"""A trial so many nats an answer below the fit without subtypes is given up; on public crowds the trials that got
above it had started less than half as far below."""


@dataclass(frozen=True, kw_only=True)
class EBCC:
    """Li, Rubinstein & Cohn (2019), with the worker prior of `IBCC`; the bound decides whether there are subtypes.

    subtypes: how many subtypes a label may have; needless ones empty themselves, and 1, no correlation, is always
    tried as well. restarts: random starts, from the votes and from the fit without subtypes in turn. trial_iter:
    iterations of every start, after which the ``finalists`` with the highest bound go on to convergence; the highest
    bound wins. concentration: pseudo-tasks that the subtypes of a label share. strength, early_steps, max_iter, tol:
    as in `IBCC`. seed: of the random starts, which are dealt to the tasks in the order of their ids, so that the
    order of the answers does not matter.

    ``confusion`` averages a worker's subtype matrices by the size of the subtypes.
    """

    subtypes: int = 3
    restarts: int = 4
    trial_iter: int = 15
    finalists: int = 2
    concentration: float = 0.1
    strength: float = 5.0
    early_steps: int = 3
    max_iter: int = 200
    tol: float = 1e-4
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.strength > 0 or not self.concentration > 0:
            raise ValueError("strength and concentration are above 0")
        if self.subtypes < 2:
            raise ValueError(f"subtypes is {self.subtypes}; it is at least 2 (1 is always tried)")
        if min(self.restarts, self.trial_iter, self.finalists, self.early_steps, self.max_iter) < 1:
            raise ValueError("restarts, trial_iter, finalists, early_steps and max_iter are at least 1")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        crowd = incidence(answers, gold, priors)
        if not crowd.seen.any():
            return empty_result("ebcc", crowd, asdict(self))
        single, better = self.search(crowd)
        chosen = better[0] if better else single
        if not better:
            note = "no subtypes: the bound does not rise with them, so the workers' errors look independent"
        else:
            gain = (chosen.bound[-1] - single.bound[-1]) / max(answers.n_answers, 1)
            note = (
                f"{chosen.n_subtypes} subtypes a label: the bound rises by {gain:.4f} nats an answer over independent "
                "errors, so the workers' errors are correlated"
            )
        return subtype_result("ebcc", crowd, chosen, asdict(self), (note,))

    def search(self, crowd: Incidence) -> tuple[SubtypeFit, tuple[SubtypeFit, ...]]:
        """The fit without subtypes, then the finalists whose bound is higher, the highest first."""
        start = early_fit(crowd, strength=self.strength, steps=self.early_steps, start=crowd.agreement_votes())
        history = 0.0 if crowd.history is None else crowd.history
        prior = worker_prior(crowd.worker_counts(start.posterior) + history, self.strength)
        single = self._climb(crowd, prior, start.posterior, self.max_iter)
        if crowd.shape[2] < 2:
            return single, ()
        rng = np.random.default_rng(self.seed)
        rank = task_rank(crowd.answers)
        origins = (crowd.vote_shares(), single.posterior)
        trials = [
            self._climb(crowd, prior, split(origins[i % 2], self.subtypes, rng, rank), self.trial_iter)
            for i in range(self.restarts)
        ]
        hopeless = single.bound[-1] - HOPELESS * crowd.answers.n_answers
        finalists = sorted(trials, key=lambda fit: -fit.bound[-1])[: self.finalists]
        finished = [self._finish(crowd, prior, fit) for fit in finalists if fit.bound[-1] > hopeless]
        better = [fit for fit in finished if fit.bound[-1] > single.bound[-1]]
        return single, tuple(sorted(better, key=lambda fit: -fit.bound[-1]))

    def _climb(self, crowd: Incidence, prior: Floats, shares: Floats, max_iter: int) -> SubtypeFit:
        return fit_subtypes(crowd, prior, shares, concentration=self.concentration, max_iter=max_iter, tol=self.tol)

    def _finish(self, crowd: Incidence, prior: Floats, trial: SubtypeFit) -> SubtypeFit:
        if trial.converged:
            return trial
        rest = self._climb(crowd, prior, trial.shares, self.max_iter)
        return SubtypeFit(**{**vars(rest), "bound": (*trial.bound, *rest.bound)})


def task_rank(answers: AnswerSet) -> NDArray[np.intp]:
    """The place of each task when tasks are sorted by id: (T,)."""
    _, rank = label_order(tuple(answers.tasks), np.arange(answers.n_tasks, dtype=np.int32))
    return rank.astype(np.intp)
