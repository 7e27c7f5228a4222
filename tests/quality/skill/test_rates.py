"""Shares of small groups are withheld, those of large ones carry intervals; medians hold without assumptions."""

from __future__ import annotations

import numpy as np
import pytest

from quality.skill.rates import compare_groups, holm, median_estimate, wilson


def test_wilson_is_the_published_interval() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    rows = [wilson(81, 263), wilson(15, 148), wilson(0, 20), wilson(1, 29)]
    assert np.round(rows, 4).tolist() == [[0.2553, 0.3662], [0.0624, 0.1605], [0.0, 0.1611], [0.0061, 0.1718]]


def test_a_small_group_is_not_shown_and_not_tested() -> None:
    small, large = compare_groups({"eo": (3, 9), "en": (5, 100)})
    assert (small.hit, small.share, small.low, small.p_value, small.stands_out) == (None, None, None, None, False)
    assert (large.hit, large.share) == (5, 0.05)
    assert large.p_value is None, "nobody is left to compare with"


def test_a_group_that_is_hit_far_more_often_stands_out_and_others_do_not() -> None:
    rows = compare_groups({"a": (40, 100)} | dict.fromkeys("bcdef", (10, 100)))
    assert [row.stands_out for row in rows] == [True, *[False] * 5]


def test_holm_adjusts_in_steps() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_groups_that_differ_by_chance_seldom_stand_out() -> None:
    rng = np.random.default_rng(3)
    loud = 0
    for _ in range(300):
        hits = rng.binomial(40, 0.2, size=6)
        loud += any(row.stands_out for row in compare_groups({str(i): (int(h), 40) for i, h in enumerate(hits)}))
    assert loud / 300 <= 0.06


def test_a_median_has_no_interval_under_six_values() -> None:
    few = median_estimate([1, 2, 3, 4, 5])
    assert (few.value, few.low, few.high) == (3, None, None)
    six = median_estimate([6, 1, 2, 3, 4, 5])
    assert (six.value, six.low, six.high) == (3.5, 1, 6)
    assert median_estimate([]).value is None


def test_the_interval_of_the_median_holds_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(500):
        row = median_estimate(rng.lognormal(size=25))
        assert row.low is not None
        assert row.high is not None
        held += row.low <= 1.0 <= row.high
    assert held / 500 >= 0.95 - 0.02
