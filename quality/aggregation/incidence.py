"""Incidence: the answers of a crowd as one sparse tasks × (worker, label) matrix, with what is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.aggregation.history import History, history_counts
from quality.answers import AnswerSet, Gold
from quality.numerics import normalise_rows

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Incidence:
    """T tasks, W workers, K labels, N answers.

    matrix: (T, W · K) sparse, the weight of each answer at its task and (worker, given label). gold: (T,) label or
    -1. history: (W, K, K) [worker, given, true] pseudo-counts, or None. seen: (T,) bool, the task has answers or gold.
    """

    answers: AnswerSet
    matrix: Any
    transpose: Any
    gold: NDArray[np.int32]
    history: Floats | None
    seen: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, W, K)."""
        return self.answers.n_tasks, self.answers.n_workers, self.answers.n_labels

    def worker_counts(self, weights: Floats) -> Floats:
        """How much of each worker's answers falls on each column of ``weights`` (T, C): (W, K given, C)."""
        _, n_workers, n_labels = self.shape
        counts: Floats = np.asarray(self.transpose @ weights)
        return counts.reshape(n_workers, n_labels, weights.shape[1])

    def evidence(self, log_table: Floats) -> Floats:
        """Sum of each task's rows of ``log_table`` (W, K given, C): (T, C)."""
        _, n_workers, n_labels = self.shape
        sums: Floats = np.asarray(self.matrix @ log_table.reshape(n_workers * n_labels, -1))
        return sums

    def clamp(self, posterior: Floats) -> Floats:
        """The posterior (T, K) with gold tasks set to their label, and unseen tasks to 0."""
        clamped = np.where(self.seen[:, None], posterior, 0.0)
        known = np.flatnonzero(self.gold >= 0)
        clamped[known] = 0.0
        clamped[known, self.gold[known]] = 1.0
        return clamped

    def vote_shares(self) -> Floats:
        """Share of each label among a task's answers (T, K), gold clamped; uniform without answers."""
        return self.clamp(normalise_rows(self.answers.counts))

    def agreement_votes(self) -> Floats:
        """Votes weighted by each worker's agreement with the majority (Wawa), as shares: (T, K), gold clamped."""
        answers = self.answers
        shares = self.vote_shares()
        weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(float)
        agrees = shares.argmax(axis=1)[answers.task] == answers.label
        total = np.bincount(answers.worker, weights=weight, minlength=answers.n_workers)
        hits = np.bincount(answers.worker, weights=weight * agrees, minlength=answers.n_workers)
        # half a hit in one answer keeps a worker who never agreed from weighing exactly nothing
        skill = (hits + 0.5) / (total + 1.0)
        cells = answers.task.astype(np.int64) * answers.n_labels + answers.label
        size = answers.n_tasks * answers.n_labels
        votes: Floats = np.bincount(cells, weights=weight * skill[answers.worker], minlength=size).astype(np.float64)
        return self.clamp(normalise_rows(votes.reshape(answers.n_tasks, answers.n_labels)))


def incidence(answers: AnswerSet, gold: Gold | None = None, priors: History | None = None) -> Incidence:
    """Index the answers; raises ValueError naming a gold task or label, or a worker's history, that is wrong."""
    known = answers.gold_index(gold)
    history = history_counts(answers, priors)
    n_tasks, n_workers, n_labels = answers.n_tasks, answers.n_workers, answers.n_labels
    weight = np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(np.float64)
    column = answers.worker.astype(np.int64) * n_labels + answers.label
    matrix = sparse.csr_array((weight, (answers.task, column)), shape=(n_tasks, n_workers * n_labels))
    answered = np.bincount(answers.task, minlength=n_tasks) > 0
    return Incidence(
        answers=answers,
        matrix=matrix,
        transpose=matrix.T.tocsr(),
        gold=known,
        history=None if history is None else np.ascontiguousarray(history.transpose(0, 2, 1)),
        seen=answered | (known >= 0),
    )


def without_tasks(crowd: Incidence, posterior: Floats, prevalence: Floats) -> Floats:
    """The posterior (T, K) with the prevalence at tasks that have neither answers nor gold."""
    filled: Floats = np.where(crowd.seen[:, None], posterior, prevalence)
    return filled
