"""The vector exponentials, logarithms are those of the library, to the last digit or so of a float32."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from quality.aggregation.vector_math import exponentials, logarithms


def applied(function, values):
    values = values.astype(np.float32)
    function(values, np.empty(len(values), np.int32))
    return values


def test_exponentials_of_everything_that_is_not_positive():
    values = np.concatenate((-np.geomspace(1e-8, 86.9, 20_000), [0.0])).astype(np.float32)
    assert applied(exponentials, values) == pytest.approx(np.exp(values.astype(float)), rel=2e-7)


def test_exponentials_end_at_zero():
    assert applied(exponentials, np.array([-87.5, -1e30, -np.inf])).tolist() == [0.0, 0.0, 0.0]


def test_logarithms_from_the_least_number_to_large_ones():
    values = np.concatenate((np.geomspace(1e-44, 1e30, 20_000), np.linspace(0.4, 2.1, 20_000))).astype(np.float32)
    assert applied(logarithms, values) == pytest.approx(np.log(values.astype(float)), rel=2e-7, abs=1e-7)


def test_the_logarithm_of_nothing_is_minus_infinity_and_of_one_is_nothing():
    assert applied(logarithms, np.array([0.0, 1.0])).tolist() == [-np.inf, 0.0]
