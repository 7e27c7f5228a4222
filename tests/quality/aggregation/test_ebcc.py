"""EBCC: correlated errors are found where they are, nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_crowds import quietly, subtype_crowd

from quality.aggregation.ebcc import EBCC
from quality.aggregation.ibcc import IBCC
from quality.simulation import simulate_crowd


@pytest.fixture(scope="module")
def correlated():
    return subtype_crowd(0)


def test_hidden_subtypes_are_found_and_said(correlated):
    answers, true = correlated
    result = quietly(EBCC(), answers)
    assert "subtypes a label" in result.notes[0]
    assert float(np.mean(answers.counts.argmax(axis=1) == true)) < 0.85
    assert float(np.mean(quietly(IBCC(), answers).best == true)) < float(np.mean(result.best == true))
    assert float(np.mean(result.best == true)) > 0.98


def test_independent_errors_are_left_to_one_matrix_a_worker():
    crowd = simulate_crowd(1, n_tasks=300, n_workers=15, n_labels=3, overlap=5)
    result = EBCC().fit(crowd.answers)
    assert "no subtypes" in result.notes[0]
    assert result.posterior == pytest.approx(IBCC().fit(crowd.answers).posterior, abs=1e-2)


def test_the_bound_never_decreases_through_trial_and_finish(correlated):
    result = quietly(EBCC(), correlated[0])
    assert len(result.objective) > 15
    assert np.diff(result.objective).min() >= -1e-8


def test_the_winner_has_a_higher_bound_than_no_subtypes(correlated):
    answers, _ = correlated
    assert quietly(EBCC(), answers).objective[-1] > quietly(IBCC(), answers).objective[-1]


def test_the_seed_decides_the_fit(correlated):
    answers, _ = correlated
    first, again = quietly(EBCC(seed=5), answers), quietly(EBCC(seed=5), answers)
    assert np.array_equal(first.posterior, again.posterior)


def test_rows_of_the_matrices_sum_to_one(correlated):
    result = quietly(EBCC(), correlated[0])
    assert result.confusion.sum(axis=2) == pytest.approx(np.ones((20, 2)))


@pytest.mark.parametrize("bad", [{"subtypes": 1}, {"concentration": 0}, {"restarts": 0}, {"strength": -1}])
def test_impossible_parameters_are_refused(bad):
    with pytest.raises(ValueError):
        EBCC(**bad)
