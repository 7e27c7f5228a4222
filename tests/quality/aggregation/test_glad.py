"""GLAD: ability, difficulty, an objective that only rises."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly

from quality.aggregation.glad import GLAD
from quality.simulation import simulate_crowd


@pytest.mark.parametrize("n_labels", [2, 4])
def test_the_objective_never_decreases(n_labels):
    crowd = simulate_crowd(n_labels, n_tasks=80, n_workers=12, n_labels=n_labels, overlap=5, hard=0.3, spammers=0.2)
    result = GLAD(tol=1e-7).fit(crowd.answers)
    assert len(result.objective) > 3
    assert np.diff(result.objective).min() >= -1e-8


def test_the_objective_never_decreases_with_gold_and_history():
    crowd = simulate_crowd(1, n_tasks=60, n_workers=10, n_labels=3, overlap=4)
    gold = {task: int(crowd.true[task]) for task in range(15)}
    history = np.random.default_rng(0).integers(0, 5, (10, 3, 3)).astype(float)
    result = quietly(GLAD(tol=1e-7), crowd.answers, gold=gold, priors=history)
    assert np.diff(result.objective).min() >= -1e-8


def test_hard_tasks_get_the_higher_difficulty():
    crowd = simulate_crowd(2, n_tasks=300, n_workers=20, n_labels=2, overlap=12, hard=0.3, skill=(9, 1))
    result = quietly(GLAD(), crowd.answers)
    hard, easy = result.difficulty[crowd.is_hard], result.difficulty[~crowd.is_hard]
    assert np.median(hard) > 1.3 * np.median(easy)
    assert crowd.accuracy(result.best) > 0.8


def test_spammers_have_abilities_around_zero():
    crowd = simulate_crowd(3, n_tasks=300, n_workers=20, n_labels=2, overlap=8, spammers=0.25, skill=(9, 1))
    result = quietly(GLAD(), crowd.answers)
    spammer = crowd.kind == "spammer"
    assert result.ability[spammer].max() < result.ability[~spammer].min()
    assert (result.ability_low < result.ability).all()
    assert (result.ability_high > result.ability).all()
