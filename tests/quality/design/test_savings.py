"""Savings of stopping early: right figures, honest intervals, silence under too few tasks."""

from __future__ import annotations

import numpy as np
import pytest

from quality.design.savings import LEAST_TASKS, measure_savings


def test_too_few_tasks_say_so() -> None:
    found = measure_savings([2] * (LEAST_TASKS - 1), [5] * (LEAST_TASKS - 1), [True] * (LEAST_TASKS - 1))
    assert (found.saved, found.kept, found.reason) == (None, None, "too_few_audited_tasks")
    assert measure_savings([], [], []).tasks == 0


def test_the_saving_is_a_ratio_of_sums() -> None:
    found = measure_savings([2] * 20 + [5] * 20, [5] * 20 + [10] * 20, [True] * 30 + [False] * 10)
    assert found.saved == pytest.approx(1 - 140 / 300)
    assert found.kept == pytest.approx(0.75)
    assert found.saved_low < found.saved < found.saved_high
    assert found.kept_low < found.kept < found.kept_high


def test_tasks_that_are_all_alike_still_leave_doubt() -> None:
    found = measure_savings([2] * 40, [5] * 40, [True] * 40)
    assert (found.saved, found.kept, found.kept_high) == (pytest.approx(0.6), 1.0, 1.0)
    assert 0.5 < found.saved_low < 0.6
    assert 0.9 < found.kept_low < 1.0


def test_intervals_cover_what_they_claim() -> None:
    rng = np.random.default_rng(3)
    saved = kept = 0
    for _ in range(400):
        stopped = rng.choice([2, 3, 5], 60, p=[0.5, 0.3, 0.2])
        found = measure_savings(stopped, [5] * 60, rng.random(60) < 0.9)
        saved += found.saved_low <= 1 - 2.9 / 5 <= found.saved_high
        kept += found.kept_low <= 0.9 <= found.kept_high
    assert 0.92 <= saved / 400 <= 0.99
    assert 0.92 <= kept / 400 <= 0.99


@pytest.mark.parametrize(("stopped", "full"), [([0], [5]), ([6], [5]), ([1, 2], [5])])
def test_impossible_tasks_are_refused(stopped: list[int], full: list[int]) -> None:
    with pytest.raises(ValueError):
        measure_savings(stopped, full, [True] * len(stopped))
