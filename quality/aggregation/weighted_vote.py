"""Weighted vote: workers who agree with the majority count for more."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from quality.aggregation.history import History, history_counts
from quality.aggregation.majority import Majority
from quality.answers import AnswerSet, Gold
from quality.numerics import beta_interval, normalise_rows, sum_by, tied
from quality.results import AggregationResult


@dataclass(frozen=True, kw_only=True)
class WeightedVote:
    """Worker agreement with the aggregate (Wawa, Appen): a vote weighted by each worker's share of agreement.

    rounds: how often weights and consensus are computed in turn; 1 is Wawa. smoothing: pseudo-answers, half of them
    in agreement, that draw the weight of a worker with few answers to one half.

    The posterior is the share of the weights on each label (a gold task: its gold label); the ability is the weight,
    with the Beta interval of its counts. A worker's history in ``priors`` adds its diagonal to the agreeing answers.
    """

    rounds: int = 1
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds is {self.rounds}; at least one is needed")
        if not self.smoothing >= 0:
            raise ValueError(f"smoothing is {self.smoothing}; a pseudo-count is at least 0")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Weigh the votes; raises ValueError naming bad gold or history."""
        known = answers.gold_index(gold)
        history = history_counts(answers, priors)
        start = Majority().fit(answers, gold=gold)
        own = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(np.float64)
        total = sum_by(answers.worker, own, answers.n_workers) + self.smoothing
        earlier = np.zeros(answers.n_workers)
        if history is not None:
            earlier = np.trace(history, axis1=1, axis2=2)
            total = total + history.sum(axis=(1, 2))
        posterior, best = start.posterior, start.best
        cell = answers.task.astype(np.int64) * answers.n_labels + answers.label
        clamped = np.flatnonzero(known >= 0)
        ability, agreeing = np.full(answers.n_workers, np.nan), earlier
        for _ in range(self.rounds):
            agrees = own * (best[answers.task] == answers.label)
            hits = sum_by(answers.worker, agrees, answers.n_workers)
            agreeing = hits + earlier + self.smoothing / 2.0
            ability = np.divide(agreeing, total, out=np.full(answers.n_workers, np.nan), where=total > 0)
            votes = sum_by(cell, own * ability[answers.worker], start.posterior.size).reshape(start.posterior.shape)
            # Where every voter weighs nothing the plain majority stands.
            weighed = votes.sum(axis=1) > 0
            posterior = np.where(weighed[:, None], normalise_rows(votes), start.posterior)
            posterior[clamped] = start.posterior[clamped]
            best = posterior.argmax(axis=1)
        seen = (answers.counts.sum(axis=1) > 0) | (known >= 0)
        prevalence = posterior[seen].mean(axis=0) if seen.any() else start.prevalence
        posterior = np.where(seen[:, None], posterior, prevalence)
        low, high = beta_interval(agreeing, total - agreeing)
        return AggregationResult(
            model="weighted-vote",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            prevalence=prevalence,
            ability=ability,
            ability_low=low,
            ability_high=high,
            n_iter=self.rounds,
            ties=tied(posterior) & seen,
            parameters=asdict(self),
        )
