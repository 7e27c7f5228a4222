"""Rater groups: workers who share their errors, such as prompts of one model, counted as fewer votes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet
from quality.numerics import sum_by


def pool_groups(answers: AnswerSet, groups: Mapping[Any, Hashable]) -> AnswerSet:
    """Merge each group into one worker who casts one fractional vote a task.

    groups: worker -> its group's name; workers left out stay who they are. On a task with m votes of a group, each
    counts 1/m of its weight under the group's name, so that the group has one confusion matrix and at most one vote.
    Raises ValueError naming a group that is called like a worker outside it.
    """
    names: dict[Hashable, int] = {}
    members = set(groups)
    outside = {worker for worker in answers.workers if worker not in members}
    place = np.empty(answers.n_workers, dtype=np.int32)
    for i, worker in enumerate(answers.workers):
        name = groups[worker] if worker in members else worker
        if worker in members and name in outside:
            raise ValueError(f"group {name!r} is called like a worker who is not in it")
        place[i] = names.setdefault(name, len(names))
    merged = place[answers.worker]
    pair = answers.task.astype(np.int64) * len(names) + merged
    weight = (_weight(answers) / _votes(pair, answers)).astype(np.float32)
    # Votes of one group on one label become one row, which is what a soft vote is.
    cell = pair * answers.n_labels + answers.label
    _, first, row = np.unique(cell, return_index=True, return_inverse=True)
    summed = sum_by(row, weight, len(first))
    order = np.argsort(first, kind="stable")
    kept = first[order]
    return AnswerSet(
        task=answers.task[kept],
        worker=merged[kept],
        label=answers.label[kept],
        tasks=answers.tasks,
        workers=tuple(names),
        labels=answers.labels,
        weight=np.minimum(summed[order], 1.0).astype(np.float32),
    )


def discount_groups(answers: AnswerSet, groups: Mapping[Any, Hashable], correlation: float) -> AnswerSet:
    """Keep a group's members apart, each of their m votes on a task weighing 1 / (1 + (m − 1) · correlation).

    ``correlation`` of the members' errors, from 0 (independent: full votes) to 1 (copies: one vote between them),
    should come from errors against people and gold. Raises ValueError on a correlation outside [0, 1].
    """
    if not 0.0 <= correlation <= 1.0:
        raise ValueError(f"correlation is {correlation}; it lies between 0 and 1")
    pair, grouped = _pairs(answers, groups)
    votes = np.where(grouped, _votes(pair, answers), 1.0)
    return replace(answers, weight=(_weight(answers) / (1.0 + (votes - 1.0) * correlation)).astype(np.float32))


def effective_votes(answers: AnswerSet) -> NDArray[np.float64]:
    """Sum of the weights of each task's answers, the number of votes they are worth: (n_tasks,)."""
    return sum_by(answers.task, _weight(answers), answers.n_tasks)


def _pairs(answers: AnswerSet, groups: Mapping[Any, Hashable]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A number for the (task, group) of each answer, with whether its worker is in a group."""
    names: dict[tuple[bool, Hashable], int] = {}
    keys = [(worker in groups, groups.get(worker, worker)) for worker in answers.workers]
    place = np.array([names.setdefault(key, len(names)) for key in keys], dtype=np.int64).reshape(-1)
    inside = np.array([key[0] for key in keys], dtype=bool)
    return answers.task.astype(np.int64) * len(names) + place[answers.worker], inside[answers.worker]


def _votes(pair: NDArray[np.int64], answers: AnswerSet) -> NDArray[np.float64]:
    """How many votes share each answer's (task, group), soft votes by their weight but never under one: (N,)."""
    _, row = np.unique(pair, return_inverse=True)
    sums = sum_by(row, _weight(answers), 0)
    return np.maximum(sums[row], 1.0)


def _weight(answers: AnswerSet) -> NDArray[np.float64]:
    return np.ones(answers.n_answers) if answers.weight is None else answers.weight.astype(np.float64)
