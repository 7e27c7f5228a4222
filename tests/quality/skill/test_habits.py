"""Streaks have their exact chance; clocks are told from people; the commonest text is found."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from quality.skill.collusion import benjamini_hochberg, benjamini_yekutieli
from quality.skill.habits import clockwork_p_values, longest_streak, pace_p_value, repeated_text, streak_probability


@pytest.mark.parametrize(("n", "length", "rate"), [(5, 2, 0.3), (8, 3, 0.5), (6, 6, 0.9), (4, 5, 0.5), (7, 1, 0.2)])
def test_the_chance_of_a_streak_is_that_of_counting_every_row(n: int, length: int, rate: float) -> None:
    total = 0.0
    for row in product((True, False), repeat=n):
        text = "".join("x" if hit else "." for hit in row)
        if "x" * length in text:
            total += rate ** sum(row) * (1 - rate) ** (n - sum(row))
    assert streak_probability(n, length, rate) == pytest.approx(total)


def test_the_longest_streak_is_found() -> None:
    found = longest_streak([True, False, True, True, True, False], 0.5)
    assert (found.longest, found.n) == (3, 6)
    assert longest_streak([], 0.1).p_value == 1.0


def test_only_the_worker_who_keeps_time_like_a_clock_is_found() -> None:
    rng = np.random.default_rng(6)
    worker = np.repeat(np.arange(20), 50)
    residual = rng.normal(size=1000)
    residual[worker == 7] = 0.2 + rng.normal(scale=0.05, size=50)
    residual[np.flatnonzero(worker == 7)[0]] = 9.0  # one interruption hides nothing
    p = clockwork_p_values(residual, worker, n_workers=21)
    assert np.isnan(p[20])
    assert np.flatnonzero(benjamini_hochberg(p[:20], 0.05)).tolist() == [7]


def test_a_pace_is_too_fast_when_more_than_half_of_the_answers_are() -> None:
    assert pace_p_value(30, 30) < 1e-8
    assert pace_p_value(15, 30) > 0.5
    assert pace_p_value(0, 0) == 1.0


def test_the_same_text_is_the_same_whatever_its_case_and_spaces() -> None:
    found = repeated_text(["Fine.", " fine. ", "FINE.", "The cup is cracked"])
    assert (found.times, found.n, found.share) == (3, 4, 0.75)


def test_the_correction_for_any_dependence_is_the_stricter_one() -> None:
    p = np.array([0.001, 0.02, 0.03, 0.8])
    assert benjamini_hochberg(p, 0.05).tolist() == [True, True, True, False]
    assert benjamini_yekutieli(p, 0.05).tolist() == [True, False, False, False]
    assert benjamini_yekutieli(np.array([]), 0.05).tolist() == []


def test_nobody_keeps_time_like_a_clock_where_nobody_has_answered() -> None:
    assert clockwork_p_values(np.empty(0), np.empty(0, dtype=np.int64), n_workers=0).shape == (0,)
