"""Calibration: discounts, the correction by gold, the reliability table."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly

from quality.aggregation.auto import Auto
from quality.aggregation.calibration import GoldMap, fit_gold_map, put_first, reliability
from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.incidence import incidence
from quality.aggregation.stack import fit_stack
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd


def test_reliability_by_hand():
    table = reliability([0.95, 0.91, 0.55, 0.55], [True, False, True, True])
    assert table.count.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert table.confidence[9] == pytest.approx(0.93)
    assert table.accuracy[9] == pytest.approx(0.5)
    assert np.isnan(table.accuracy[0])
    assert table.error == pytest.approx(0.5 * 0.43 + 0.5 * 0.45)


def test_certainty_falls_into_the_last_bin():
    assert reliability([1.0], [True]).error == pytest.approx(0.0)


def test_reliability_without_tasks_is_undefined():
    assert np.isnan(reliability([], []).error)


def test_put_first_exchanges_only_where_the_consensus_differs():
    rows = np.array([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1]])
    fixed = put_first(rows, np.array([1, 0]))
    assert fixed.tolist() == [[0.3, 0.5, 0.2], [0.6, 0.3, 0.1]]


def test_without_gold_the_map_changes_nothing():
    gold_map = fit_gold_map([], [])
    rows = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]])
    assert gold_map.shift == pytest.approx(0.0)
    assert gold_map.apply(rows) == pytest.approx(rows, abs=1e-6)


def test_overconfidence_on_gold_lowers_every_confidence():
    gold_map = fit_gold_map(np.full(60, 0.97), np.arange(60) % 3 > 0)
    rows = np.array([[0.97, 0.02, 0.01], [0.8, 0.15, 0.05]])
    lowered = gold_map.apply(rows)
    assert lowered[0, 0] < 0.85
    assert lowered[1, 0] < 0.8
    assert lowered.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert lowered[0, 1] / lowered[0, 2] == pytest.approx(2.0)


def test_underconfidence_on_gold_raises_it():
    gold_map = fit_gold_map(np.full(60, 0.6), np.ones(60))
    assert gold_map.apply(np.array([[0.6, 0.4]]))[0, 0] > 0.75


def test_more_gold_moves_the_map_further():
    few = fit_gold_map(np.full(10, 0.95), np.arange(10) % 2 > 0)
    many = fit_gold_map(np.full(200, 0.95), np.arange(200) % 2 > 0)
    rows = np.array([[0.95, 0.05]])
    assert many.apply(rows)[0, 0] < few.apply(rows)[0, 0] < 0.95


def test_the_most_likely_label_stays_the_most_likely():
    rows = np.array([[0.34, 0.33, 0.33], [0.51, 0.49, 0.0]])
    lowered = GoldMap(shift=-3.0, slope=0.3).apply(rows)
    assert lowered.argmax(axis=1).tolist() == [0, 0]
    assert lowered.sum(axis=1) == pytest.approx([1.0, 1.0])


def test_certain_rows_survive_the_map():
    assert np.isfinite(GoldMap(shift=-0.5, slope=0.8).apply(np.array([[1.0, 0.0], [0.0, 1.0]]))).all()


@pytest.fixture(scope="module")
def copied():
    """A crowd in which every worker has two copies, beside the crowd without them."""
    crowd = simulate_crowd(2, n_tasks=400, n_workers=12, n_labels=2, overlap=4, skill=(6, 3))
    answers = crowd.answers
    tripled = AnswerSet.from_arrays(
        np.tile(answers.task, 3),
        np.concatenate([answers.worker + 12 * i for i in range(3)]),
        np.tile(answers.label, 3),
    )
    return crowd, tripled


def test_copied_workers_raise_the_discount(copied):
    crowd, tripled = copied
    plain = fit_stack(incidence(crowd.answers), None).check.temperature
    assert plain < 1.3
    assert fit_stack(incidence(tripled), None).check.temperature > 1.5 * plain


def test_confidence_stays_nearer_to_accuracy_than_dawid_skenes_when_workers_are_copied(copied):
    crowd, tripled = copied
    errors = {}
    for model in (Auto(), DawidSkene(least_gain=0)):
        result = quietly(model, tripled)
        errors[result.model] = reliability(result.confidence, result.best == crowd.true).error
    assert errors["auto"] < 0.6 * errors["dawid-skene"]


def test_gold_mends_a_confidence_that_nothing_else_could_know_to_be_wrong():
    random = np.random.default_rng(0)
    T, W = 600, 12
    true = random.integers(0, 2, T)
    # on a third of the tasks all workers are drawn to the wrong label alike
    seen = np.where(random.random(T) < 1 / 3, 1 - true, true)
    task, worker = np.repeat(np.arange(T), 5), random.integers(0, W, (T, 5))
    worker = np.argsort(random.random((T, W)), axis=1)[:, :5].ravel()
    label = np.where(random.random(5 * T) < 0.85, seen[task], 1 - seen[task])
    answers = AnswerSet.from_arrays(task, worker, label)
    rest = np.arange(100, T)
    gold = {int(t): int(true[t]) for t in range(100)}
    plain, helped = quietly(Auto(), answers), quietly(Auto(), answers, gold=gold)
    before = reliability(plain.confidence[rest], (plain.best == true)[rest]).error
    after = reliability(helped.confidence[rest], (helped.best == true)[rest]).error
    assert before > 0.15
    assert after < 0.5 * before
