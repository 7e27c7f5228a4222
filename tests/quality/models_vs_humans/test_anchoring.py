"""The anchoring audit finds the effect of a suggestion, with an interval that covers it."""

import numpy as np
import pytest

from quality.answers import AnswerSet
from quality.models_vs_humans.anchoring import anchoring
from quality.models_vs_humans.side_by_side import side_by_side


def _audit(rng, effect, n_workers=40, each=20):
    who = np.repeat(np.arange(n_workers), each)
    shown = rng.random(len(who)) < 0.75
    # Workers differ in how far they agree with the model anyway.
    base = rng.beta(20, 10, n_workers)[who]
    same = rng.random(len(who)) < base + effect * shown
    return anchoring(shown, same, who)


def test_the_interval_covers_the_effect_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1_000):
        found = _audit(rng, 0.15)
        covered += found.low <= 0.15 <= found.high
    assert 0.93 <= covered / 1_000 <= 0.98


def test_no_effect_is_seldom_seen_as_one():
    rng = np.random.default_rng(1)
    assert np.mean([_audit(rng, 0.0).low > 0 for _ in range(500)]) <= 0.05


def test_one_worker_has_the_interval_of_independent_answers():
    found = anchoring([True] * 30 + [False] * 30, [True] * 30 + [False] * 30, [1] * 60)
    assert (found.followed, found.agreed_anyway, found.moved) == (1.0, 0.0, 1.0)
    assert found.low < 1.0


def test_too_few_on_either_side_say_nothing():
    found = anchoring([True] * 50 + [False] * 3, [True] * 53, list(range(53)))
    assert found.moved is None
    assert found.reason.startswith("cannot say yet: 50 answers with the suggestion, 3 without")


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="not one"):
        anchoring([True], [True, False], [1])


def test_agreement_side_by_side_by_hand():
    # On every task two people say a, one says b; the model says a on even tasks, b on odd ones.
    records = [(task, worker, "b" if worker == 2 else "a") for task in range(10) for worker in range(3)]
    found = side_by_side(AnswerSet.from_records(records), {task: "ab"[task % 2] for task in range(10)})
    assert found.n_tasks == 10
    assert found.model[0] == pytest.approx(0.5)
    assert found.people == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert found.difference[0] == pytest.approx(0.5 - 1 / 3)
    few = side_by_side(AnswerSet.from_records(records), {0: "a"})
    assert (few.model, few.reason) == (
        None,
        "only 1 tasks have the model's vote and two people's; at least 10 are needed",
    )
