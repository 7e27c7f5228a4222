"""What a project is forecast to cost, take and reach."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.policies.outlook import Span, foresee


def outlook(**changed: Any) -> Any:
    values: dict[str, Any] = {
        "tasks": 100,
        "n_labels": 3,
        "target": 0.9,
        "min_overlap": 3,
        "max_overlap": 5,
        "price_micros": 20_000,
        "gold_share": 0.0,
        "seconds": 10.0,
        "is_stated": True,
    }
    return foresee(**(values | changed))


def test_good_workers_make_it_cheaper_and_better() -> None:
    found = outlook()
    assert 300 <= found.answers.low < found.answers.expected < found.answers.high <= 500
    assert found.right.low < found.right.expected < found.right.high < 1
    assert found.disputed.low < found.disputed.expected < found.disputed.high
    assert found.cost_micros.expected == pytest.approx(found.answers.expected * 20_000)


def test_a_fixed_overlap_leaves_nothing_to_guess_about_the_answers() -> None:
    found = outlook(min_overlap=3, max_overlap=3)
    ends = (found.answers.low, found.answers.expected, found.answers.high)
    assert ends == pytest.approx((300, 300, 300))
    assert found.most_micros == 300 * 20_000


def test_golds_are_paid_too_and_new_workers_meet_three_times_as_many() -> None:
    found = outlook(min_overlap=3, max_overlap=3, gold_share=0.1)
    assert found.answers.low == pytest.approx(300 / 0.95)
    assert found.answers.expected == pytest.approx(300 / 0.9)
    assert found.answers.high == pytest.approx(300 / 0.7)


def test_of_answers_that_are_not_labels_only_the_ends_are_said() -> None:
    found = outlook(n_labels=None)
    assert (found.answers, found.right, found.disputed) == (Span(300, None, 500), None, None)
    assert found.seconds.expected is None


def test_without_a_time_nothing_is_said_of_the_time() -> None:
    assert outlook(seconds=None).seconds is None


def test_a_time_from_the_length_is_less_sure_than_one_that_was_stated() -> None:
    stated, from_length = outlook(), outlook(is_stated=False)
    assert stated.seconds.expected == from_length.seconds.expected == pytest.approx(stated.answers.expected * 11)
    assert from_length.seconds.low < stated.seconds.low < stated.seconds.high < from_length.seconds.high
