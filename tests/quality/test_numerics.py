"""Log-space sums, ties, intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quality.beta_table import EXACT_UP_TO, beta_intervals
from quality.numerics import beta_interval, entropy, normalise_logs, normalise_rows, sum_by, tied


def test_logs_far_below_the_floats_are_normalised():
    rows, sums = normalise_logs(np.array([[-5000.0, -5000.0 + np.log(3)], [-np.inf, -np.inf], [-np.inf, 0.0]]))
    assert rows == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5], [0, 1]]))
    assert sums == pytest.approx([-5000 + np.log(4), -np.inf, 0])


def test_a_row_of_nothing_is_uniform():
    assert normalise_rows(np.array([[0.0, 0.0], [1.0, 3.0]])).tolist() == [[0.5, 0.5], [0.25, 0.75]]


def test_ties_survive_rounding():
    assert tied(np.array([[0.4, 0.4 + 1e-9, 0.2], [0.5, 0.3, 0.2]])).tolist() == [True, False]
    assert tied(np.ones((2, 1))).tolist() == [False, False]


def test_entropy_of_certainty_is_zero():
    assert entropy(np.array([[1.0, 0.0], [0.5, 0.5]])) == pytest.approx([0, np.log(2)])


def test_sums_by_index():
    assert sum_by(np.array([2, 0, 2]), np.array([1.0, 2.0, 3.5]), 4).tolist() == [2.0, 0.0, 4.5, 0.0]


def test_beta_interval_at_its_ends():
    low, high = beta_interval([3.0, 0.0, 2.0, 0.0], [5.0, 2.0, 0.0, 0.0])
    assert low == pytest.approx([stats.beta.ppf(0.025, 3, 5), 0, 1, np.nan], nan_ok=True)
    assert high == pytest.approx([stats.beta.ppf(0.975, 3, 5), 0, 1, np.nan], nan_ok=True)


def test_many_intervals_are_as_near_as_promised():
    random = np.random.default_rng(0)
    size = np.exp(random.uniform(np.log(0.3), np.log(1e6), EXACT_UP_TO + 5))
    mean = random.beta(0.3, 0.3, EXACT_UP_TO + 5)
    low, high = beta_intervals(mean, size)
    exact_low, exact_high = beta_interval(mean * size, (1 - mean) * size)
    assert np.abs(low - exact_low).max() < 1e-3
    assert np.abs(high - exact_high).max() < 1e-3
    wide = (mean * size > 1) & ((1 - mean) * size > 1)
    rounding = 1e-7  # of float32 near 1
    assert (np.abs(low - exact_low) <= 2e-3 * (exact_high - exact_low) + rounding)[wide].all()
