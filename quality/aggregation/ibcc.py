"""IBCC: independent Bayesian classifier combination, confusion matrices integrated out by variational Bayes."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from quality.aggregation.history import History
from quality.aggregation.incidence import incidence
from quality.aggregation.subtype_result import empty_result, subtype_result
from quality.aggregation.subtypes import fit_subtypes
from quality.aggregation.worker_prior import early_fit, worker_prior
from quality.answers import AnswerSet, Gold
from quality.results import AggregationResult


@dataclass(frozen=True, kw_only=True)
class IBCC:
    """Kim & Ghahramani (2012), with the variational posterior of Simpson et al. (2013).

    strength: pseudo-counts in each row of a worker's matrix. early_steps: steps of expectation maximisation from the
    majority that give the worker's accuracy and the crowd's errors around which the rows are drawn (see
    `worker_prior`); the prior is then fixed and the bound never decreases. max_iter, tol: the fit has converged when
    no posterior moved by more than ``tol``, or the bound gained less than ``tol`` / 1000 per answer.

    ``ability`` is the probability that the worker gives the right label to a task drawn from the prevalence.
    """

    strength: float = 5.0
    early_steps: int = 3
    max_iter: int = 200
    tol: float = 1e-4

    def __post_init__(self) -> None:
        if not self.strength > 0:
            raise ValueError(f"strength is {self.strength}; it is above 0")
        if self.early_steps < 1 or self.max_iter < 1:
            raise ValueError("early_steps and max_iter are at least 1")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; warns with ConvergenceWarning at ``max_iter``; raises ValueError naming bad gold or history."""
        crowd = incidence(answers, gold, priors)
        if not crowd.seen.any():
            return empty_result("ibcc", crowd, asdict(self))
        start = early_fit(crowd, strength=self.strength, steps=self.early_steps, start=crowd.agreement_votes())
        history = 0.0 if crowd.history is None else crowd.history
        prior = worker_prior(crowd.worker_counts(start.posterior) + history, self.strength)
        fit = fit_subtypes(crowd, prior, start.posterior, concentration=1.0, max_iter=self.max_iter, tol=self.tol)
        return subtype_result("ibcc", crowd, fit, asdict(self))
