"""Rankings taken apart into the choices they consist of, each of one option out of those still left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answer_forms.rankings import RankingAnswers

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stages:
    """Choices of all rankings; S stages, C candidates over all stages.

    Scores lie task after task: task t's are ``task_start[t]:task_start[t + 1]``. ``candidate`` (C,) are score indexes
    of the options left at each stage, stage after stage, the chosen one first; ``start`` (S,) where a stage begins;
    ``stage`` (C,) a candidate's stage; ``worker`` (S,).
    """

    task_start: Ints
    candidate: Ints
    start: Ints
    stage: Ints
    worker: Ints
    n_workers: int

    @property
    def n_scores(self) -> int:
        return int(self.task_start[-1])

    def log_likelihood(self, score: Floats, consistency: Floats) -> tuple[float, Floats, Floats]:
        """The log-likelihood with its slopes by score (n_scores,) and by worker (W,)."""
        if not len(self.start):
            return 0.0, np.zeros(self.n_scores), np.zeros(self.n_workers)
        own = score[self.candidate]
        p, log_totals = self._chances(score, consistency)
        weight = consistency[self.worker]
        value = float((weight * own[self.start] - log_totals).sum())
        slope = -np.bincount(self.candidate, weights=p * weight[self.stage], minlength=self.n_scores)
        slope += np.bincount(self.candidate[self.start], weights=weight, minlength=self.n_scores)
        mean = np.add.reduceat(p * own, self.start)
        by_worker: Floats = np.bincount(self.worker, weights=own[self.start] - mean, minlength=self.n_workers).astype(
            float
        )
        return value, slope.astype(float), by_worker

    def information(self, score: Floats, consistency: Floats, precision: float) -> tuple[Floats, list[Floats]]:
        """Each worker's information (W,); per task the covariance of its scores under a prior of ``precision``."""
        worker: Floats = np.zeros(self.n_workers)
        blocks = [precision * np.eye(size) for size in np.diff(self.task_start)]
        if len(self.start):
            p, _ = self._chances(score, consistency)
            own = score[self.candidate]
            mean = np.add.reduceat(p * own, self.start)
            spread = np.add.reduceat(p * own**2, self.start) - mean**2
            worker = worker + np.bincount(self.worker, weights=np.maximum(spread, 0.0), minlength=self.n_workers)
            squared = consistency[self.worker] ** 2
            ends = np.append(self.start[1:], len(self.candidate))
            task = np.searchsorted(self.task_start, self.candidate[self.start], side="right") - 1
            for s, (first, end) in enumerate(zip(self.start, ends, strict=True)):
                here = self.candidate[first:end] - self.task_start[task[s]]
                q = p[first:end]
                blocks[task[s]][np.ix_(here, here)] += squared[s] * (np.diag(q) - np.outer(q, q))
        return worker, [np.linalg.inv(block) for block in blocks]

    def per_task(self, values: Floats) -> tuple[Floats, ...]:
        """Values (n_scores,) cut into tasks."""
        return tuple(values[a:b] for a, b in zip(self.task_start[:-1], self.task_start[1:], strict=True))

    def _chances(self, score: Floats, consistency: Floats) -> tuple[Floats, Floats]:
        """Each candidate's chance at its stage (C,), and the log of each stage's total weight (S,)."""
        logits = score[self.candidate] * consistency[self.worker][self.stage]
        top = np.maximum.reduceat(logits, self.start)
        weights = np.exp(logits - top[self.stage])
        totals = np.add.reduceat(weights, self.start)
        return weights / totals[self.stage], top + np.log(totals)


def lay_out_stages(answers: RankingAnswers) -> Stages:
    """Take every ranking apart; a last option with nothing under it is no choice."""
    sizes = [len(options) for options in answers.options]
    task_start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    candidates: list[int] = []
    starts: list[int] = []
    workers: list[int] = []
    for task, worker, ranked, below in zip(
        answers.task.tolist(), answers.worker.tolist(), answers.order, answers.below, strict=True
    ):
        left = [int(task_start[task]) + place for place in (*ranked, *below)]
        for position in range(min(len(ranked), len(left) - 1)):
            starts.append(len(candidates))
            workers.append(worker)
            candidates.extend(left[position:])
    start = np.array(starts, dtype=np.int64)
    lengths = np.diff(np.append(start, len(candidates)))
    return Stages(
        task_start=task_start,
        candidate=np.array(candidates, dtype=np.int64),
        start=start,
        stage=np.repeat(np.arange(len(start)), lengths),
        worker=np.array(workers, dtype=np.int64),
        n_workers=answers.n_workers,
    )
