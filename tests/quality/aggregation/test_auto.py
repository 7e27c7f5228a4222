"""Auto: what it chooses, that it says why, that it never trusts what nothing supports."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import by_task, quietly, shuffled, subtype_crowd

from quality.aggregation import MODELS
from quality.aggregation.auto import Auto
from quality.aggregation.stack import family_weights
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd


@pytest.fixture(scope="module")
def crowd():
    return simulate_crowd(1, n_tasks=300, n_workers=20, n_labels=3, overlap=5, spammers=0.2)


@pytest.fixture(scope="module")
def correlated():
    return subtype_crowd(0)


def test_it_is_the_first_of_the_models():
    assert next(iter(MODELS)) == "auto"


def test_independent_errors_get_the_plain_stack_with_its_reason(crowd):
    note = Auto().fit(crowd.answers).notes[0]
    assert note.startswith("chose the stack for independent errors (matrices 80%, accuracy 20%)")
    assert "do not raise the evidence bound" in note


def test_correlated_errors_bring_the_subtypes_in_with_the_reason(correlated):
    answers, true = correlated
    result = Auto().fit(answers)
    assert result.notes[0].startswith("chose the stack for correlated errors")
    assert "subtypes 40%" in result.notes[0]
    assert float(np.mean(result.best == true)) > float(np.mean(answers.counts.argmax(axis=1) == true)) + 0.1


def test_weights_sum_to_one():
    assert sum(family_weights(False).values()) == pytest.approx(1.0)
    assert sum(family_weights(True).values()) == pytest.approx(1.0)


def test_the_accuracy_models_cannot_outvote_the_others():
    assert family_weights(True)["accuracy"] + family_weights(True)["accuracy and prevalence"] < 0.5


def test_it_is_the_same_in_every_run_and_order(correlated):
    answers, _ = correlated
    first = Auto().fit(answers)
    again = Auto().fit(answers)
    assert np.array_equal(first.posterior, again.posterior)
    assert first.notes == again.notes
    mixed = Auto().fit(shuffled(answers, 3))
    rows = by_task(mixed)
    # a search that runs to convergence carries rounding of the sums along
    for task, row in by_task(first).items():
        assert rows[task] == pytest.approx(row, abs=1e-3)


def test_too_many_answers_leave_the_search_out_with_a_note(correlated):
    answers, _ = correlated
    note = Auto(largest_search=100).fit(answers).notes[0]
    assert "4800 answers are more than largest_search (100)" in note
    assert "independent errors" in note


def test_lone_answers_are_taken_as_they_are():
    answers = AnswerSet.from_arrays(np.arange(6), np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 0, 2]))
    result = Auto().fit(answers)
    assert result.consensus == [0, 0, 1, 1, 0, 2]
    assert result.confidence == pytest.approx(np.full(6, 0.7))
    assert "no task has two answers" in result.notes[0]


def test_lone_answers_with_gold_are_weighed_by_it():
    task = np.arange(40)
    worker = np.repeat([0, 1], 20)
    label = np.tile([0, 1], 20)
    answers = AnswerSet.from_arrays(task, worker, label)
    gold = {int(t): int(t % 2) for t in range(12)} | {int(t): int(1 - t % 2) for t in range(20, 32)}
    result = Auto().fit(answers, gold=gold)
    assert result.best[12:20].tolist() == [0, 1] * 4
    assert result.best[32:].tolist() == [1, 0] * 4


def test_adversaries_are_named(crowd):
    bad = simulate_crowd(3, n_tasks=300, n_workers=20, n_labels=2, overlap=7, adversaries=0.1)
    assert any("worse than chance" in note for note in Auto().fit(bad.answers).notes)


@pytest.mark.parametrize(
    ("regime", "least"),
    [
        ({"spammers": 0.4, "skill": (9, 1)}, 0.93),
        ({"adversaries": 0.2, "skill": (9, 1)}, 0.95),
        ({"constant": 0.3, "skill": (9, 1)}, 0.93),
        ({"prevalence": (0.9, 0.05, 0.05)}, 0.93),
        ({"skill": (4, 2)}, 0.85),
    ],
)
def test_it_recovers_the_truth_in_every_regime(regime, least):
    crowd = simulate_crowd(5, n_tasks=500, n_workers=25, n_labels=3, overlap=6, **regime)
    assert crowd.accuracy(Auto().fit(crowd.answers).best) > least


@pytest.mark.parametrize("n_labels", [2, 10, 50])
def test_many_labels_are_no_obstacle(n_labels):
    crowd = simulate_crowd(6, n_tasks=200, n_workers=15, n_labels=n_labels, overlap=5)
    result = Auto().fit(crowd.answers)
    assert crowd.accuracy(result.best) > 0.9


def test_duplicated_answers_keep_the_consensus(crowd):
    answers = crowd.answers
    twice = AnswerSet.from_arrays(
        np.tile(answers.task, 2),
        np.concatenate([answers.worker, answers.worker + 20]),
        np.tile(answers.label, 2),
    )
    single, double = quietly(Auto(), answers), quietly(Auto(), twice)
    assert float(np.mean(single.best == double.best)) > 0.97


def test_gold_makes_the_consensus_of_other_tasks_better():
    crowd = simulate_crowd(8, n_tasks=400, n_workers=25, n_labels=2, overlap=5, skill=(3, 2), adversaries=0.3)
    gold = {task: int(crowd.true[task]) for task in range(150)}
    rest = np.arange(150, 400)
    plain, helped = Auto().fit(crowd.answers), Auto().fit(crowd.answers, gold=gold)
    assert np.mean((helped.best == crowd.true)[rest]) >= np.mean((plain.best == crowd.true)[rest])
    assert "corrected by 150 gold tasks" in helped.notes[1]


def test_influence_is_the_move_of_the_posterior(crowd):
    result = Auto().fit(crowd.answers, gold={0: int(crowd.true[0])})
    assert result.influence.shape == (crowd.answers.n_answers,)
    assert (result.influence[crowd.answers.task == 0] == 0).all()
    assert 0 < result.influence.max() <= 1
    honest = result.influence[(crowd.kind == "honest")[crowd.answers.worker]].mean()
    assert honest > 3 * result.influence[(crowd.kind == "spammer")[crowd.answers.worker]].mean()


def test_the_calibrated_posterior_has_the_same_consensus(crowd):
    result = Auto().fit(crowd.answers)
    assert np.array_equal(result.calibrated.argmax(axis=1), result.best)
    assert result.calibrated.max(axis=1).mean() < result.posterior.max(axis=1).mean()


def test_too_few_folds_are_refused():
    with pytest.raises(ValueError, match="gold_folds"):
        Auto(gold_folds=1)
