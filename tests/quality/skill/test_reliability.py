"""Predicted accuracies are held against what came later, workers counted as groups."""

from __future__ import annotations

import numpy as np
import pytest

from quality.skill.reliability import interval_coverage, reliability_table


def test_a_row_counts_what_was_foretold_and_what_came() -> None:
    rows = reliability_table([0.65] * 40 + [0.95] * 10, [1] * 20 + [0] * 20 + [1] * 10, list(range(50)))
    seventh = rows[2]
    assert (seventh.from_, seventh.to, seventh.predictions, seventh.workers) == (0.6, 0.7, 40, 40)
    assert (seventh.predicted, seventh.observed, seventh.is_enough) == (pytest.approx(0.65), 0.5, True)
    assert seventh.low is not None
    assert seventh.low == pytest.approx(0.350, abs=0.001)
    assert not rows[5].is_enough
    assert rows[-1].predictions == 50


def test_answers_of_few_workers_are_worth_less_than_they_are_many() -> None:
    many = reliability_table([0.65] * 40, [1, 0] * 20, list(range(40)))[-1]
    few = reliability_table([0.65] * 40, [1] * 20 + [0] * 20, [0] * 20 + [1] * 20)[-1]
    assert few.low is not None
    assert many.low is not None
    assert few.low < many.low - 0.1


@pytest.mark.parametrize(
    ("predicted", "came", "workers", "verdict"),
    [
        (0.65, [1, 1, 0] * 20, 60, "as_predicted"),
        (0.95, [1, 0] * 30, 60, "too_hopeful"),
        (0.55, [1] * 9 * 6 + [0] * 6, 60, "too_cautious"),
        (0.95, [1, 0] * 14, 28, "cannot_say_yet"),
        (0.95, [1, 0] * 30, 4, "cannot_say_yet"),
    ],
)
def test_a_verdict_is_given_once_there_are_enough_answers_of_enough_workers(
    predicted: float, came: list[int], workers: int, verdict: str
) -> None:
    row = reliability_table([predicted] * len(came), came, [n % workers for n in range(len(came))])[-1]
    assert (row.verdict, row.is_enough) == (verdict, verdict != "cannot_say_yet")


def test_intervals_of_a_true_model_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    accuracy = rng.beta(2, 1, size=2000)
    first, later = rng.binomial(20, accuracy), rng.binomial(20, accuracy)
    found = interval_coverage(first, [20] * 2000, later, [20] * 2000, prior=(2, 1))
    assert found.share is not None
    assert 0.945 <= found.share <= 0.99
    assert interval_coverage([], [], [], [], prior=(2, 1)).share is None
