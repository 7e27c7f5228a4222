"""Copies are found where workers repeat each other, not where they agree because they are right."""

from __future__ import annotations

import numpy as np
import pytest

from quality.aggregation.auto import Auto
from quality.aggregation.copies import find_copies
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd


def with_copies(crowd, labels, n):
    """The crowd's answers beside ``n`` voters who all give ``labels`` (T,)."""
    answers, T = crowd.answers, crowd.answers.n_tasks
    task = np.concatenate([answers.task, *[np.arange(T)] * n])
    worker = np.concatenate([answers.worker, *(np.full(T, answers.n_workers + i) for i in range(n))])
    label = np.concatenate([answers.label, *[labels] * n])
    return AnswerSet.from_arrays(task, worker, label, tasks=range(T), labels=answers.labels)


@pytest.fixture(scope="module")
def crowd():
    return simulate_crowd(1, n_tasks=500, n_workers=15, n_labels=4, overlap=5, skill=(4, 2))


@pytest.mark.parametrize("n", [2, 5, 8])
def test_copies_of_a_random_voter_weigh_as_one(crowd, n):
    answers = with_copies(crowd, np.random.default_rng(0).integers(0, 4, 500), n)
    assert set(find_copies(answers)) == set(range(15, 15 + n))
    result = Auto().fit(answers)
    assert crowd.accuracy(result.best) > crowd.accuracy(Auto().fit(crowd.answers).best) - 0.03
    assert f"{n} workers give the same answers" in " ".join(result.notes)


def test_constant_voters_weigh_as_one(crowd):
    answers = with_copies(crowd, np.zeros(500, dtype=int), 8)
    assert set(find_copies(answers)) == set(range(15, 23))
    assert crowd.accuracy(Auto().fit(answers).best) > 0.85


def test_two_groups_keep_their_names_apart(crowd):
    random = np.random.default_rng(0)
    once = with_copies(crowd, random.integers(0, 4, 500), 2)
    T = 500
    task = np.concatenate([once.task, np.arange(T), np.arange(T)])
    worker = np.concatenate([once.worker, np.full(T, 17), np.full(T, 18)])
    other = random.integers(0, 4, 500)
    both = AnswerSet.from_arrays(task, worker, np.concatenate([once.label, other, other]))
    found = find_copies(both)
    assert found[15] == found[16] != found[17] == found[18]


def test_excellent_workers_taken_for_copies_cost_nothing():
    good = simulate_crowd(2, n_tasks=400, n_workers=12, n_labels=2, overlap=8, skill=(60, 1))
    assert len(find_copies(good.answers)) <= 2
    assert good.accuracy(Auto().fit(good.answers).best) == 1.0


def test_ordinary_crowds_have_no_copies(crowd):
    assert find_copies(crowd.answers) == {}


def test_contradicting_repeats_do_not_make_copies():
    task = np.repeat(np.arange(150), 4)
    worker = np.tile([0, 0, 1, 2], 150)
    label = np.tile([0, 1, 1, 0], 150)
    answers = AnswerSet.from_arrays(task, worker, label, repeats="keep")
    assert find_copies(answers) == {}
