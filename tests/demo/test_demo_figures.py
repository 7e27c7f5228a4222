"""Intervals against published worked examples."""

from __future__ import annotations

import pytest

from demo.figures import compare, mean_estimate, wilson


def test_wilson_gives_the_published_interval():
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", method 3, 81 of 263.
    estimate = wilson(81, 263)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)


def _pairs(both, only_first, only_second, neither):
    first = [True] * (both + only_first) + [False] * (only_second + neither)
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return first, second


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        ((1, 1, 7, 12), -0.507, -0.026),  # Fagerland, Lydersen & Laake 2014, airway hyper-responsiveness
        ((14, 5, 0, 22), 0.011, 0.226),  # Altman, Machin, Bryant & Gardner 2000, "Statistics with confidence", p. 52
    ],
)
def test_the_paired_difference_has_the_published_interval(cells, low, high):
    difference = compare(*_pairs(*cells)).difference
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=6e-4)


def test_discordant_tasks_are_counted_for_the_exact_test():
    paired = compare(*_pairs(10, 1, 7, 3))
    assert (paired.only_first, paired.only_second) == (1, 7)
    assert paired.p == pytest.approx(2 * (1 + 8) / 2**8)


def test_no_discordant_task_is_no_evidence_yet_not_certainty():
    paired = compare(*_pairs(30, 0, 0, 5))
    assert (paired.difference.value, paired.p) == (0.0, 1.0)
    assert paired.difference.low < 0 < paired.difference.high


def test_swapping_the_two_flips_the_interval():
    first, second = _pairs(9, 4, 2, 5)
    one, other = compare(first, second).difference, compare(second, first).difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_a_mean_has_students_interval():
    # n = 4, s = 1.290994, t(.975, 3) = 3.182446
    estimate = mean_estimate([1.0, 2.0, 3.0, 4.0])
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((2.5, 0.445739, 4.554261), abs=1e-6)


def test_nothing_to_measure_is_refused():
    with pytest.raises(ValueError, match="n must be at least 1"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="at least two tasks"):
        mean_estimate([1.0])
    with pytest.raises(ValueError, match="2 and 1 tasks cannot be paired"):
        compare([True, True], [True])
