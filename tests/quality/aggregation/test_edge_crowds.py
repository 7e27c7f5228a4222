"""Every model of the stack on crowds too small to learn from."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import EDGES, by_task, edge, quietly, shuffled

from quality.aggregation.auto import Auto
from quality.aggregation.bwa import BWA
from quality.aggregation.ebcc import EBCC
from quality.aggregation.glad import GLAD
from quality.aggregation.ibcc import IBCC
from quality.aggregation.mace import MACE
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd

MODELS = [Auto(), BWA(), EBCC(), GLAD(), IBCC(), MACE()]


def name(model) -> str:
    return type(model).__name__


@pytest.mark.parametrize("crowd", EDGES)
@pytest.mark.parametrize("model", MODELS, ids=name)
def test_rows_sum_to_one_on_the_smallest_crowds(model, crowd):
    answers = edge(crowd)
    result = quietly(model, answers)
    assert result.posterior.shape == (answers.n_tasks, answers.n_labels)
    assert result.posterior.sum(axis=1) == pytest.approx(np.ones(answers.n_tasks))
    assert result.probabilities.sum(axis=1) == pytest.approx(np.ones(answers.n_tasks))
    assert result.prevalence.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_gold_tasks_keep_their_label_against_every_vote(model):
    answers = simulate_crowd(3, n_tasks=30, n_workers=6, n_labels=3, overlap=4).answers
    against = {task: (answers.counts[task].argmax() + 1) % 3 for task in range(0, 30, 5)}
    result = quietly(model, answers, gold=against)
    for task, label in against.items():
        assert result.posterior[task] == pytest.approx(np.eye(3)[label])
        assert result.probabilities[task] == pytest.approx(np.eye(3)[label])


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_all_tasks_gold_gives_the_gold(model):
    answers = simulate_crowd(4, n_tasks=20, n_workers=5, n_labels=2, overlap=3).answers
    gold = {task: task % 2 for task in range(20)}
    assert quietly(model, answers, gold=gold).consensus == [task % 2 for task in range(20)]


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_task_without_answers_gets_the_prevalence(model):
    crowd = simulate_crowd(5, n_tasks=40, n_workers=6, n_labels=2, overlap=3).answers
    answers = AnswerSet.from_arrays(
        crowd.task, crowd.worker, crowd.label, tasks=range(41), workers=range(6), labels=range(2)
    )
    result = quietly(model, answers)
    assert result.posterior[40] == pytest.approx(result.prevalence)


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_the_order_of_answers_tasks_workers_does_not_matter(model):
    answers = simulate_crowd(6, n_tasks=60, n_workers=9, n_labels=3, overlap=5, spammers=0.2).answers
    straight = quietly(model, answers)
    mixed = quietly(model, shuffled(answers, 1))
    again = by_task(mixed, mixed.probabilities)
    for task, row in by_task(straight, straight.probabilities).items():
        assert again[task] == pytest.approx(row, abs=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_renaming_the_labels_renames_the_consensus(model):
    crowd = simulate_crowd(7, n_tasks=60, n_workers=9, n_labels=3, overlap=5).answers
    turned = AnswerSet.from_arrays(
        crowd.task, crowd.worker, (crowd.label + 1) % 3, tasks=range(60), workers=range(9), labels=range(3)
    )
    straight, renamed = quietly(model, crowd), quietly(model, turned)
    clear = np.sort(straight.posterior, axis=1)[:, -1] > 0.6
    assert np.array_equal((straight.best[clear] + 1) % 3, renamed.best[clear])


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_thousand_answers_to_one_task_do_not_underflow(model):
    task = np.repeat(np.arange(3), [1000, 3, 3])
    worker = np.concatenate([np.arange(1000), np.arange(6)])
    label = np.concatenate([(np.arange(1000) % 3 == 0), [0, 0, 1], [1, 1, 0]]).astype(int)
    answers = AnswerSet.from_arrays(task, worker, label)
    result = quietly(model, answers)
    assert np.isfinite(result.posterior).all()
    assert result.best[0] == 0


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_fractional_votes_of_a_soft_answer_count_as_their_weight(model):
    task = np.array([0, 0, 0, 1, 1, 1, 1])
    worker = np.array([0, 1, 2, 0, 1, 2, 2])
    label = np.array([0, 0, 1, 1, 1, 0, 1])
    weight = np.array([1, 1, 1, 1, 1, 0.3, 0.7])
    result = quietly(model, AnswerSet.from_arrays(task, worker, label, weight=weight))
    assert result.consensus == [0, 1]


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_bad_gold_is_named(model):
    answers = edge("one worker")
    with pytest.raises(ValueError, match="t9"):
        model.fit(answers, gold={"t9": "a"})


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_history_with_a_negative_count_is_named(model):
    with pytest.raises(ValueError, match="w1"):
        model.fit(edge("one worker"), priors={"w1": [[-1, 0], [0, 1]]})


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_history_that_is_not_a_number_is_named(model):
    with pytest.raises(ValueError, match="w1"):
        model.fit(edge("one worker"), priors={"w1": [[float("nan"), 0], [0, 1]]})


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_the_history_of_a_worker_decides_between_two_votes(model):
    records = [(f"t{i}", worker, label) for i in range(4) for worker, label in (("good", "a"), ("bad", "b"))]
    answers = AnswerSet.from_records(records, labels=("a", "b"))
    history = {"good": [[90, 10], [10, 90]], "bad": [[50, 50], [50, 50]]}
    assert quietly(model, answers, priors=history).consensus == ["a"] * 4
    swapped = {"bad": history["good"], "good": history["bad"]}
    assert quietly(model, answers, priors=swapped).consensus == ["b"] * 4
