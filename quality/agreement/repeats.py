"""Each worker's agreement with own repeats of the same task."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from quality.agreement.fleiss import wilson_bounds
from quality.agreement.result import Reason
from quality.answers import AnswerSet


@dataclass(frozen=True, kw_only=True)
class OwnRepeats:
    """How often one worker gave the same label again.

    tasks: those the worker answered more than once; pairs: each repeat with the answer before it; same: how many
    of those agree; share with Wilson's 95 % interval, None without repeats (reason "no_repeats").
    """

    worker: Hashable
    tasks: int
    pairs: int
    same: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def own_repeats(answers: AnswerSet) -> list[OwnRepeats]:
    """Every worker with an answer; build the answers with ``repeats="keep"``, in the order they were given."""
    order = np.lexsort((answers.task, answers.worker))  # stable: a worker's repeats keep the order they came in
    task, worker, label = answers.task[order], answers.worker[order], answers.label[order]
    again = np.flatnonzero((task[1:] == task[:-1]) & (worker[1:] == worker[:-1])) + 1
    size = answers.n_workers
    pairs = np.bincount(worker[again], minlength=size)
    same = np.bincount(worker[again[label[again] == label[again - 1]]], minlength=size)
    once = np.ones(len(again), dtype=bool)
    once[1:] = (task[again[1:]] != task[again[:-1]]) | (worker[again[1:]] != worker[again[:-1]])
    tasks = np.bincount(worker[again[once]], minlength=size)
    found = []
    for i in np.unique(answers.worker).tolist():
        name, n, k = answers.workers[i], int(pairs[i]), int(same[i])
        if n == 0:
            found.append(OwnRepeats(worker=name, tasks=0, pairs=0, same=0, reason=Reason.NO_REPEATS))
            continue
        low, high = wilson_bounds(k, n)
        found.append(OwnRepeats(worker=name, tasks=int(tasks[i]), pairs=n, same=k, share=k / n, low=low, high=high))
    return found


def without_repeats(answers: AnswerSet) -> AnswerSet:
    """Only each worker's first answer to each task, which is what agreement between workers is about."""
    order = np.lexsort((answers.worker, answers.task))
    task, worker = answers.task[order], answers.worker[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (task[1:] != task[:-1]) | (worker[1:] != worker[:-1])
    keep = np.zeros(len(order), dtype=bool)
    keep[order[first]] = True
    return answers.select(keep)
