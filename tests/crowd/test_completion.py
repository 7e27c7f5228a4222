"""Completion: minimum, maximum, target, price."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.policies.completion import Worth, decide_completion, effective_accuracy

POSTERIOR = (0.8, 0.15, 0.05)


def step(**changes: Any) -> str:
    settings: dict[str, Any] = {
        "answers": 3,
        "overlap": 3,
        "min_overlap": 2,
        "max_overlap": 6,
        "confidence": POSTERIOR[0],
        "target": 0.95,
        "posterior": POSTERIOR,
    }
    return decide_completion(**settings | changes).step


def worth(label_micros: int, **changes: Any) -> Worth:
    return Worth(**{"price_micros": 20_000, "label_micros": label_micros, "accuracy": 0.75} | changes)


def test_without_a_worth_the_target_decides() -> None:
    assert step() == "extend"
    assert step(target=0.8) == "complete"
    assert step(overlap=4) == "wait"
    assert step(answers=6, overlap=6) == "dispute"
    assert step(answers=1, overlap=2, confidence=0.99) == "wait"


def test_an_answer_that_costs_more_than_it_brings_is_not_asked_for() -> None:
    assert step(worth=worth(20_000)) == "complete"
    assert step(worth=worth(20_000), overlap=4) == "complete"
    assert step(worth=worth(5_000_000)) == "extend"


def test_neither_minimum_nor_maximum_give_way_to_the_price() -> None:
    assert step(worth=worth(1), answers=1, overlap=2) == "wait"
    assert step(worth=worth(1), answers=6, overlap=6) == "dispute"


def test_one_answer_that_cannot_turn_the_consensus_is_not_the_end() -> None:
    # At (.8, .1, .1) a single answer at accuracy .75 gains nothing; two together do.
    assert step(posterior=(0.8, 0.1, 0.1), worth=worth(5_000_000)) == "extend"


def test_answers_that_hang_together_are_worth_less() -> None:
    assert effective_accuracy(accuracy=0.75, n_labels=3, weight=1.0) == pytest.approx(0.75)
    assert 1 / 3 < effective_accuracy(accuracy=0.75, n_labels=3, weight=0.3) < 0.6
    assert effective_accuracy(accuracy=0.1, n_labels=3, weight=1.0) > 1 / 3
    middling = 600_000
    assert step(worth=worth(middling)) == "extend"
    assert step(worth=worth(middling, weight=0.3)) == "complete"
