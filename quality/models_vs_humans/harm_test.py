"""Whether counting a model makes the consensus agree less with people whose answers were kept out of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.stats import t as student_t

from quality.aggregation.model_votes import Rule, count_models, people_only
from quality.answers import AnswerSet, Gold
from quality.results import AggregationResult

WORST_MEAN = -0.005
"""A mean change under half a point counts as harm even where chance could have made it."""


class Model(Protocol):
    """Anything of `quality.aggregation.MODELS`."""

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None) -> AggregationResult: ...


@dataclass(frozen=True, kw_only=True)
class HarmTestResult:
    """gain: mean change of the share of kept-out answers that the consensus meets, by counting the candidate; with its
    95 % interval over tasks. does_harm is None, the figures nan with a ``reason``, under ``min_tasks`` tasks.
    """

    gain: float
    low: float
    high: float
    n_tasks: int
    does_harm: bool | None
    reason: str = ""


def harm_test(
    answers: AnswerSet,
    groups: Mapping[Any, Hashable],
    candidate: Hashable,
    model: Model,
    *,
    rule: Rule = "pool",
    correlation: Mapping[Hashable, float] | None = None,
    min_tasks: int = 30,
    rng: np.random.Generator | None = None,
) -> HarmTestResult:
    """Fit half of people's answers with and without the candidate; judge both by the other half.

    answers: people's, with the votes of the models in ``groups`` (model -> group), of which all but ``candidate``
    count already. Each task with at least two people is cut at random; the judging half is an equal number of answers
    or one fewer. Raises ValueError when the candidate is in no group.
    """
    if candidate not in groups:
        raise ValueError(f"{candidate!r} is in no group")
    generator = rng if rng is not None else np.random.default_rng(0)
    is_person = np.array([worker not in groups for worker in answers.workers], dtype=bool)[answers.worker]
    rows = np.flatnonzero(is_person)
    rows = rows[generator.permutation(len(rows))]
    rows = rows[np.argsort(answers.task[rows], kind="stable")]
    task = answers.task[rows]
    first = np.searchsorted(task, task, side="left")
    place = np.arange(len(task)) - first
    size = np.bincount(task, minlength=answers.n_tasks)[task]
    judging = rows[(size >= 2) & (place < size // 2)]
    is_candidate = np.array([worker == candidate for worker in answers.workers], dtype=bool)[answers.worker]
    voted = np.zeros(answers.n_tasks, dtype=bool)
    voted[answers.task[is_candidate]] = True
    judged = judging[voted[answers.task[judging]]]
    n_tasks = len(np.unique(answers.task[judged]))
    if n_tasks < min_tasks:
        nan = float("nan")
        few = f"only {n_tasks} tasks have the model's vote and two people's; at least {min_tasks} are needed"
        return HarmTestResult(gain=nan, low=nan, high=nan, n_tasks=n_tasks, does_harm=None, reason=few)
    kept = np.ones(answers.n_answers, dtype=bool)
    kept[judging] = False
    met = []
    for is_counted in (True, False):
        used = kept if is_counted else kept & ~is_candidate
        part = _subset(answers, used)
        among = {worker: name for worker, name in groups.items() if is_counted or worker != candidate}
        counted = count_models(part, among, rule=rule, correlation=correlation) if among else _whole(part)
        best = model.fit(counted).best
        met.append(best[answers.task[judged]] == answers.label[judged])
    gaps = met[0].astype(float) - met[1].astype(float)
    _, place = np.unique(answers.task[judged], return_inverse=True)
    each = np.bincount(place, weights=gaps) / np.bincount(place)
    mean, error = float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))
    far = float(student_t.ppf(0.975, len(each) - 1)) * error
    return HarmTestResult(
        gain=mean,
        low=mean - far,
        high=mean + far,
        n_tasks=n_tasks,
        does_harm=bool(mean + far < 0 or mean < WORST_MEAN),
    )


def _subset(answers: AnswerSet, used: Any) -> AnswerSet:
    return AnswerSet(
        task=answers.task[used],
        worker=answers.worker[used],
        label=answers.label[used],
        tasks=answers.tasks,
        workers=answers.workers,
        labels=answers.labels,
        weight=None if answers.weight is None else answers.weight[used],
    )


def _whole(answers: AnswerSet) -> AnswerSet:
    return people_only(answers, {})
