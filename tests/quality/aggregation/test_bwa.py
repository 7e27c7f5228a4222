"""BWA: weights follow precision, a crowd of one mind stays finite."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly

from quality.aggregation.bwa import BWA
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd


def test_two_iterations_by_hand():
    # one task, three voters with one answer each: equal precisions v, value (μ + v · votes) / (1 + 3 v)
    answers = AnswerSet.from_arrays(np.zeros(3, int), np.arange(3), np.array([0, 0, 1]))
    result = quietly(BWA(max_iter=1, noise_scale=1.0), answers)
    share = np.array([2 / 3, 1 / 3])
    misses = np.array([1 / 9, 1 / 9, 4 / 9])
    precision = (15 + 1) / (15 * 2 / 9 + misses)
    expected = (share[0] + precision[:2].sum()) / (1 + precision.sum())
    assert result.posterior[0, 0] == pytest.approx(expected)
    assert result.ability == pytest.approx(precision)


def test_better_workers_have_the_higher_precision():
    crowd = simulate_crowd(1, n_tasks=400, n_workers=15, n_labels=3, overlap=6, spammers=0.2, skill=(9, 1))
    result = BWA().fit(crowd.answers)
    spammer = crowd.kind == "spammer"
    assert result.ability[spammer].max() < result.ability[~spammer].min()
    assert crowd.accuracy(result.best) > 0.95


def test_it_beats_the_plain_majority_among_spammers():
    crowd = simulate_crowd(2, n_tasks=500, n_workers=20, n_labels=2, overlap=5, spammers=0.4, skill=(9, 1))
    majority = crowd.answers.counts.argmax(axis=1)
    assert crowd.accuracy(BWA().fit(crowd.answers).best) > crowd.accuracy(majority) + 0.02


def test_a_crowd_of_one_mind_stays_finite():
    answers = AnswerSet.from_arrays(np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4), np.repeat([0, 1, 0, 1], 3))
    result = BWA().fit(answers)
    assert np.isfinite(result.ability).all()
    assert result.consensus == [0, 1, 0, 1]


def test_two_labels_mirror_each_other():
    crowd = simulate_crowd(3, n_tasks=100, n_workers=10, n_labels=2, overlap=4).answers
    flipped = AnswerSet.from_arrays(crowd.task, crowd.worker, 1 - crowd.label, tasks=range(100), workers=range(10))
    assert BWA().fit(crowd).posterior == pytest.approx(BWA().fit(flipped).posterior[:, ::-1], abs=2e-3)
