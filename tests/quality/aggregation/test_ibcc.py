"""IBCC: its bound, what it recovers, how sure it is of workers with few answers."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly

from quality.aggregation.ibcc import IBCC
from quality.simulation import simulate_crowd


@pytest.mark.parametrize("n_labels", [2, 3, 6])
def test_the_bound_never_decreases(n_labels):
    crowd = simulate_crowd(n_labels, n_tasks=80, n_workers=12, n_labels=n_labels, overlap=4, spammers=0.3)
    result = IBCC(tol=1e-6).fit(crowd.answers)
    assert len(result.objective) > 2
    assert np.diff(result.objective).min() >= -1e-8


def test_the_bound_never_decreases_with_gold_and_history():
    crowd = simulate_crowd(1, n_tasks=80, n_workers=12, n_labels=3, overlap=4)
    gold = {task: int(crowd.true[task]) for task in range(20)}
    history = np.random.default_rng(0).integers(0, 5, (12, 3, 3)).astype(float)
    result = IBCC(tol=1e-6).fit(crowd.answers, gold=gold, priors=history)
    assert np.diff(result.objective).min() >= -1e-8


def test_it_recovers_matrices_and_labels():
    crowd = simulate_crowd(2, n_tasks=1500, n_workers=15, n_labels=3, overlap=5)
    result = IBCC().fit(crowd.answers)
    assert crowd.accuracy(result.best) > 0.92
    assert np.abs(result.confusion - crowd.confusion).mean() < 0.04


def test_adversaries_fall_under_chance():
    crowd = simulate_crowd(5, n_tasks=400, n_workers=20, n_labels=2, overlap=7, adversaries=0.15)
    result = IBCC().fit(crowd.answers)
    assert (result.ability[crowd.kind == "adversary"] < 0.5).all()
    assert "worse than chance" in " ".join(result.notes)


def test_a_worker_with_more_answers_has_the_narrower_interval():
    crowd = simulate_crowd(6, n_tasks=300, n_workers=10, n_labels=2, overlap=6)
    keep = (crowd.answers.worker != 0) | (crowd.answers.task < 20)
    result = IBCC().fit(crowd.answers.select(keep))
    width = result.ability_high - result.ability_low
    assert width[0] > 1.5 * width[1:].max()


def test_it_is_the_same_in_every_run():
    answers = simulate_crowd(8, n_tasks=50, n_workers=8, n_labels=3, overlap=4).answers
    assert np.array_equal(IBCC().fit(answers).posterior, IBCC().fit(answers).posterior)


def test_stopping_early_is_said():
    from quality.errors import ConvergenceWarning

    answers = simulate_crowd(9, n_tasks=60, n_workers=8, n_labels=3, overlap=3, spammers=0.5).answers
    with pytest.warns(ConvergenceWarning, match="ibcc stopped after 1 iterations"):
        result = IBCC(max_iter=1).fit(answers)
    assert not result.converged
    assert quietly(IBCC(max_iter=1), answers).n_iter == 1


@pytest.mark.parametrize("bad", [{"strength": 0}, {"max_iter": 0}, {"early_steps": 0}])
def test_impossible_parameters_are_refused(bad):
    with pytest.raises(ValueError):
        IBCC(**bad)
