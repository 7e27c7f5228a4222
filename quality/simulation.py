"""Simulated crowds of confusion matrices, seeded: honest workers, spammers, adversaries, colluders, hard tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.answers import AnswerSet


@dataclass(frozen=True, eq=False)
class SimulatedCrowd:
    """The answers with what produced them: ``true`` (T,), ``confusion`` (W, K, K), ``kind`` (W,), ``is_hard`` (T,)."""

    answers: AnswerSet
    true: NDArray[np.int32]
    confusion: NDArray[np.float64]
    kind: NDArray[np.str_]
    is_hard: NDArray[np.bool_]

    def accuracy(self, best: NDArray[Any]) -> float:
        """Share of the tasks whose consensus ``best`` (T,) is the true label."""
        return float(np.mean(best == self.true))


def simulate_crowd(
    rng: np.random.Generator | int,
    *,
    n_tasks: int,
    n_workers: int,
    n_labels: int,
    overlap: int,
    prevalence: ArrayLike | None = None,
    skill: tuple[float, float] = (6.0, 2.0),
    spammers: float = 0.0,
    constant: float = 0.0,
    adversaries: float = 0.0,
    colluders: float = 0.0,
    hard: float = 0.0,
) -> SimulatedCrowd:
    """Draw a crowd; every task gets ``overlap`` different workers.

    prevalence: (K,) shares of the true labels, None for even ones. skill: Beta parameters of an honest worker's
    diagonal. The shares of workers who are no honest ones: ``spammers`` answer at random, ``constant`` ones always
    the same, ``adversaries`` take the next label, ``colluders`` all copy the first of them. hard: share of tasks on
    which honest workers guess. Raises ValueError on more answers a task than workers, or shares over 1.
    """
    random = np.random.default_rng(rng)
    if overlap > n_workers:
        raise ValueError(f"overlap is {overlap}, but there are {n_workers} workers")
    if spammers + constant + adversaries + colluders > 1.0:
        raise ValueError("the shares of spammers, constant workers, adversaries and colluders exceed 1 together")
    even = np.full(n_labels, 1.0 / n_labels)
    true = random.choice(n_labels, n_tasks, p=even if prevalence is None else np.asarray(prevalence)).astype(np.int32)
    kind = np.full(n_workers, "honest", dtype="U12")
    kinds = {"spammer": spammers, "constant": constant, "adversary": adversaries, "colluder": colluders}
    low = 0
    for name, share in kinds.items():
        high = low + round(share * n_workers)
        kind[low:high] = name
        low = high
    kind = random.permutation(kind)
    confusion = _matrices(random, kind, n_labels, skill)
    task = np.repeat(np.arange(n_tasks, dtype=np.int32), overlap)
    worker = _different_workers(random, n_tasks, n_workers, overlap).reshape(-1)
    is_hard = random.random(n_tasks) < hard
    rows = confusion[worker, true[task]]
    rows = np.where(is_hard[task, None], 1.0 / n_labels, rows)
    label = (random.random(len(task))[:, None] > rows.cumsum(axis=1)[:, :-1]).sum(axis=1).astype(np.int32)
    copying = np.flatnonzero(kind == "colluder")
    if copying.size:
        first = confusion[copying[0], true]
        copied = (random.random(n_tasks)[:, None] > first.cumsum(axis=1)[:, :-1]).sum(axis=1).astype(np.int32)
        copies = kind[worker] == "colluder"
        label[copies] = copied[task[copies]]
    answers = AnswerSet.from_arrays(
        task, worker, label, tasks=range(n_tasks), workers=range(n_workers), labels=range(n_labels)
    )
    return SimulatedCrowd(answers=answers, true=true, confusion=confusion, kind=kind, is_hard=is_hard)


def _matrices(
    random: np.random.Generator, kind: NDArray[np.str_], n_labels: int, skill: tuple[float, float]
) -> NDArray[np.float64]:
    """A matrix per worker, (W, K, K) [worker, true, given]."""
    n_workers = len(kind)
    diagonal = random.beta(*skill, (n_workers, n_labels))
    spread = random.dirichlet(np.ones(max(n_labels - 1, 1)), (n_workers, n_labels))
    confusion = np.zeros((n_workers, n_labels, n_labels))
    for true in range(n_labels):
        others = [label for label in range(n_labels) if label != true]
        if others:
            confusion[:, true, others] = (1.0 - diagonal[:, true, None]) * spread[:, true]
        confusion[:, true, true] = diagonal[:, true] if others else 1.0
    confusion[kind == "spammer"] = 1.0 / n_labels
    always = np.flatnonzero(kind == "constant")
    confusion[always] = 0.0
    confusion[always, :, random.integers(0, n_labels, always.size)] = 1.0
    against = kind == "adversary"
    confusion[against] = np.roll(confusion[against], 1, axis=2)
    return confusion


def _different_workers(random: np.random.Generator, n_tasks: int, n_workers: int, overlap: int) -> NDArray[np.int32]:
    """``overlap`` different workers for each task: (T, overlap); a row with a repeat is drawn again."""
    if overlap * 4 > n_workers:
        order = random.random((n_tasks, n_workers)).argsort(axis=1)
        return order[:, :overlap].astype(np.int32)
    chosen = random.integers(0, n_workers, (n_tasks, overlap), dtype=np.int32)
    while True:
        ordered = np.sort(chosen, axis=1)
        again = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not again.size:
            return chosen
        chosen[again] = random.integers(0, n_workers, (again.size, overlap), dtype=np.int32)
