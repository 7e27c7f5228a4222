"""Simulated crowds are what they were asked to be."""

from __future__ import annotations

import numpy as np
import pytest

from quality.simulation import simulate_crowd


def test_the_same_seed_draws_the_same_crowd():
    first, second = (simulate_crowd(3, n_tasks=20, n_workers=30, n_labels=3, overlap=4) for _ in range(2))
    assert first.answers.label.tolist() == second.answers.label.tolist()
    assert first.answers.worker.tolist() == second.answers.worker.tolist()


@pytest.mark.parametrize("n_workers", [6, 400])
def test_each_task_gets_different_workers(n_workers):
    answers = simulate_crowd(1, n_tasks=50, n_workers=n_workers, n_labels=2, overlap=5).answers
    assert [len(set(row)) for row in answers.worker.reshape(50, 5).tolist()] == [5] * 50


def test_kinds_come_in_their_shares_and_behave():
    crowd = simulate_crowd(
        2, n_tasks=900, n_workers=20, n_labels=3, overlap=10,
        spammers=0.1, constant=0.1, adversaries=0.1, colluders=0.2,
    )  # fmt: skip
    kinds, counts = np.unique(crowd.kind, return_counts=True)
    expected = {"adversary": 2, "colluder": 4, "constant": 2, "honest": 10, "spammer": 2}
    assert dict(zip(kinds.tolist(), counts.tolist(), strict=True)) == expected
    answers = crowd.answers
    right = answers.label == crowd.true[answers.task]
    share = {kind: right[crowd.kind[answers.worker] == kind].mean() for kind in kinds}
    assert share["honest"] > 0.6
    assert share["adversary"] < 0.25
    assert share["spammer"] == pytest.approx(1 / 3, abs=0.06)
    colluding = crowd.kind[answers.worker] == "colluder"
    for task in range(900):
        assert len(set(answers.label[colluding & (answers.task == task)].tolist())) <= 1
    for worker in np.flatnonzero(crowd.kind == "constant"):
        assert len(set(answers.label[answers.worker == worker].tolist())) == 1


def test_answers_follow_the_matrices():
    crowd = simulate_crowd(5, n_tasks=4000, n_workers=4, n_labels=2, overlap=4, prevalence=(0.8, 0.2))
    answers = crowd.answers
    own = (answers.worker == 1) & (crowd.true[answers.task] == 0)
    assert (answers.label[own] == 0).mean() == pytest.approx(crowd.confusion[1, 0, 0], abs=0.03)
    assert (crowd.true == 0).mean() == pytest.approx(0.8, abs=0.03)


def test_hard_tasks_are_guessed():
    crowd = simulate_crowd(5, n_tasks=2000, n_workers=10, n_labels=4, overlap=5, hard=0.5, skill=(40, 1))
    right = (crowd.answers.label == crowd.true[crowd.answers.task]).reshape(2000, 5).mean(axis=1)
    assert right[crowd.is_hard].mean() == pytest.approx(0.25, abs=0.03)
    assert right[~crowd.is_hard].mean() > 0.93


def test_more_answers_than_workers_are_refused():
    with pytest.raises(ValueError, match="overlap is 3"):
        simulate_crowd(0, n_tasks=1, n_workers=2, n_labels=2, overlap=3)
