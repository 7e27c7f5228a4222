"""MACE: who knows, who guesses, which label the guessers give."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly

from quality.aggregation.mace import MACE
from quality.simulation import simulate_crowd


@pytest.mark.parametrize("n_labels", [2, 5])
def test_the_bound_never_decreases(n_labels):
    crowd = simulate_crowd(n_labels, n_tasks=80, n_workers=12, n_labels=n_labels, overlap=4, spammers=0.3)
    result = quietly(MACE(tol=1e-7), crowd.answers)
    assert len(result.objective) > 3
    assert np.diff(result.objective).min() >= -1e-8


def test_the_bound_never_decreases_with_gold_and_history():
    crowd = simulate_crowd(1, n_tasks=60, n_workers=10, n_labels=3, overlap=4)
    gold = {task: int(crowd.true[task]) for task in range(15)}
    history = np.random.default_rng(0).integers(0, 5, (10, 3, 3)).astype(float)
    result = quietly(MACE(tol=1e-7), crowd.answers, gold=gold, priors=history)
    assert np.diff(result.objective).min() >= -1e-8


def test_spammers_do_not_know():
    crowd = simulate_crowd(2, n_tasks=400, n_workers=20, n_labels=3, overlap=7, spammers=0.3, skill=(9, 1))
    result = quietly(MACE(), crowd.answers)
    spammer = crowd.kind == "spammer"
    assert result.ability[spammer].max() < 0.3
    assert result.ability[~spammer].min() > 0.5
    assert crowd.accuracy(result.best) > 0.95


def test_constant_workers_are_seen_through_where_majority_fails():
    crowd = simulate_crowd(4, n_tasks=400, n_workers=20, n_labels=2, overlap=8, constant=0.4, skill=(9, 1))
    result = quietly(MACE(), crowd.answers)
    assert crowd.accuracy(result.best) > 0.93
    assert result.ability[crowd.kind == "constant"].max() < 0.3


def test_a_rare_label_is_not_taken_for_a_guess():
    crowd = simulate_crowd(5, n_tasks=800, n_workers=20, n_labels=2, overlap=4, prevalence=(0.9, 0.1), skill=(8, 2))
    result = quietly(MACE(), crowd.answers)
    assert crowd.accuracy(result.best) > 0.93


def test_matrices_are_knowledge_with_a_habit_beside_it():
    crowd = simulate_crowd(6, n_tasks=200, n_workers=10, n_labels=3, overlap=5)
    result = quietly(MACE(), crowd.answers)
    assert result.confusion.sum(axis=2) == pytest.approx(np.ones((10, 3)))
    off = result.confusion[:, 0, 2], result.confusion[:, 1, 2]
    assert off[0] == pytest.approx(off[1])
