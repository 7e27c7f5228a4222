"""The preview's weight: as sure as the full fit, never surer than the matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quality.aggregation import Auto, DawidSkene, Majority
from quality.aggregation.incremental import task_posterior
from quality.aggregation.preview import preview_weight
from quality.answers import AnswerSet


def crowd(seed: int = 0, tasks: int = 300, per_task: int = 5) -> AnswerSet:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, tasks)
    worker = (rng.integers(0, 20, tasks)[:, None] + np.arange(per_task)) % 20
    right = rng.random(worker.shape) < 0.7
    given = np.where(right, truth[:, None], (truth[:, None] + rng.integers(1, 3, worker.shape)) % 3)
    return AnswerSet.from_arrays(np.repeat(np.arange(tasks), per_task), worker.ravel(), given.ravel(), labels=range(3))


def preview(answers: AnswerSet, confusion: np.ndarray, prevalence: np.ndarray, weight: float) -> np.ndarray:
    rows = []
    for task in range(answers.n_tasks):
        own = answers.task == task
        matrices = confusion[answers.worker[own]]
        rows.append(task_posterior(answers.label[own], matrices, prevalence, [weight] * int(own.sum())))
    return np.array(rows)


@pytest.mark.parametrize("weight", [0.25, 0.6])
def test_the_weight_that_made_a_posterior_is_found_again(weight: float) -> None:
    answers = crowd()
    fit = DawidSkene().fit(answers)
    assert fit.confusion is not None
    tempered = replace(fit, calibrated=preview(answers, fit.confusion, fit.prevalence, weight))
    assert preview_weight(answers, tempered) == pytest.approx(weight, abs=0.01)


def test_the_preview_is_about_as_sure_as_the_stack() -> None:
    answers = crowd(1)
    fit = Auto().fit(answers)
    assert fit.confusion is not None
    weight = preview_weight(answers, fit)
    assert weight is not None
    surest = preview(answers, fit.confusion, fit.prevalence, 1.0).max(axis=1).mean()
    weighted = preview(answers, fit.confusion, fit.prevalence, weight).max(axis=1).mean()
    assert abs(weighted - fit.confidence.mean()) < abs(surest - fit.confidence.mean())
    assert abs(weighted - fit.confidence.mean()) < 0.03


def test_nothing_to_compare_has_no_weight() -> None:
    answers = crowd(per_task=1)
    assert preview_weight(answers, DawidSkene().fit(answers)) is None
    assert preview_weight(crowd(), Majority().fit(crowd())) is None
