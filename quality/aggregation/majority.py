"""Majority: every answer is one vote, and the posterior is the share of votes."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from quality.aggregation.history import History, history_counts
from quality.answers import AnswerSet, Gold
from quality.numerics import normalise_rows, tied
from quality.results import AggregationResult, Floats


@dataclass(frozen=True, kw_only=True)
class Majority:
    """Majority vote.

    smoothing: pseudo-votes for each label, 0 for the plain shares.

    ``fit`` gives as posterior the share of a task's votes on each label (a gold task: its gold label), as ability
    the share of a worker's answers that match the consensus (nan for a worker without answers). Workers' history in
    ``priors`` is checked, not used: a vote is a vote.
    """

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not self.smoothing >= 0:
            raise ValueError(f"smoothing is {self.smoothing}; a pseudo-count is at least 0")

    def fit(
        self,
        answers: AnswerSet,
        *,
        gold: Gold | None = None,
        priors: History | None = None,
    ) -> AggregationResult:
        """Count the votes; raises ValueError naming a gold task or label that is unknown."""
        known = answers.gold_index(gold)
        history_counts(answers, priors)
        counts = answers.counts
        answered = counts.sum(axis=1) > 0
        posterior = normalise_rows(counts + self.smoothing * answered[:, None])
        clamped = np.flatnonzero(known >= 0)
        posterior[clamped] = 0.0
        posterior[clamped, known[clamped]] = 1.0
        seen = answered | (known >= 0)
        if not seen.any():
            prevalence = np.full(answers.n_labels, 1.0 / max(answers.n_labels, 1))
        else:
            prevalence = posterior[seen].mean(axis=0)
        posterior[~seen] = prevalence
        return AggregationResult(
            model="majority",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            ability=match_share(answers, posterior),
            ties=tied(posterior) & seen,
            parameters=asdict(self),
        )


def match_share(answers: AnswerSet, posterior: Floats) -> Floats:
    """Share of each worker's answers that match the most likely label: (n_workers,), nan without answers."""
    if answers.n_answers == 0:
        return np.full(answers.n_workers, np.nan)
    right = (posterior.argmax(axis=1)[answers.task] == answers.label).astype(float)
    weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight
    total = np.bincount(answers.worker, weights=weight, minlength=answers.n_workers)
    hits = np.bincount(answers.worker, weights=weight * right, minlength=answers.n_workers)
    share: Floats = np.divide(hits, total, out=np.full(answers.n_workers, np.nan), where=total > 0)
    return share
