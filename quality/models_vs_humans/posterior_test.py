"""The gate for crowds whose people share few tasks: the model against the posterior of the other people."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from quality.answers import AnswerSet
from quality.models_vs_humans.alt_test import NO_ANSWER, model_labels
from quality.results import AggregationResult


@dataclass(frozen=True, kw_only=True)
class PosteriorTestResult:
    """How much more probable a person's answer is than the model's; people pooled, tasks as the unit.

    gap: mean of P(the person is right) − P(the model is right), by the posterior of the other people, with its 95 %
    interval; p_value: of H0 gap ≥ epsilon, one-sided. All nan with a ``reason`` under ``min_tasks`` tasks.
    """

    gap: float
    low: float
    high: float
    p_value: float
    n_tasks: int
    n_answers: int
    passes: bool
    epsilon: float
    reason: str = ""


def posterior_test(
    people: AnswerSet,
    fitted: AggregationResult,
    model: Mapping[Any, Hashable],
    *,
    epsilon: float = 0.1,
    level: float = 0.05,
    min_tasks: int = 30,
) -> PosteriorTestResult:
    """Compare the model (task -> label) with the average person, scoring both by what the others say.

    ``fitted`` is a fit to people's answers only, with confusion matrices; the answer under test is taken out of its
    task's posterior, so that nobody is scored by an own vote. Tasks with at least two people count, each once. A
    weaker statement than the alternative annotator test, since people are pooled: say which of the two was used.

    Raises ValueError when the fit has no confusion matrices or is not one of these answers.
    """
    if fitted.confusion is None:
        raise ValueError(f"the fit of {fitted.model!r} has no confusion matrices to take an answer out with")
    if tuple(fitted.tasks) != tuple(people.tasks) or tuple(fitted.workers) != tuple(people.workers):
        raise ValueError("the fit is of other answers: its tasks or workers differ")
    if tuple(fitted.labels) != tuple(people.labels):
        raise ValueError("the fit is of other answers: its labels differ")
    given = model_labels(people, model)
    overlap = np.bincount(people.task, minlength=people.n_tasks)
    used = (overlap[people.task] >= 2) & (given[people.task] != NO_ANSWER)
    task, worker, label = people.task[used], people.worker[used], people.label[used]
    smallest = np.finfo(float).tiny
    logs = np.log(np.maximum(fitted.posterior[task], smallest))
    logs -= np.log(np.maximum(fitted.confusion[worker, :, label], smallest))
    others = np.exp(logs - logs.max(axis=1, keepdims=True)) if len(logs) else logs
    others = others / others.sum(axis=1, keepdims=True)
    rows = np.arange(len(task))
    vote = given[task]
    model_right = np.where(vote >= 0, others[rows, np.maximum(vote, 0)], 0.0)
    gaps = others[rows, label] - model_right
    tasks, inverse = np.unique(task, return_inverse=True)
    n = len(tasks)
    if n < min_tasks:
        nan = float("nan")
        return PosteriorTestResult(
            gap=nan,
            low=nan,
            high=nan,
            p_value=nan,
            n_tasks=n,
            n_answers=len(task),
            passes=False,
            epsilon=epsilon,
            reason=f"only {n} tasks have the model's answer with two people's; at least {min_tasks} are needed",
        )
    each = np.bincount(inverse, weights=gaps) / np.bincount(inverse)
    mean, error = float(each.mean()), float(each.std(ddof=1) / np.sqrt(n))
    far = float(student_t.ppf(0.975, n - 1)) * error
    p_value = float(student_t.cdf((mean - epsilon) / error, n - 1)) if error > 0 else float(mean >= epsilon)
    return PosteriorTestResult(
        gap=mean,
        low=mean - far,
        high=mean + far,
        p_value=p_value,
        n_tasks=n,
        n_answers=len(task),
        passes=p_value <= level,
        epsilon=epsilon,
    )
