"""Majority, weighted vote: shares, ties, gold, weights."""

from __future__ import annotations

import numpy as np
import pytest

from quality.aggregation import Majority, WeightedVote
from quality.answers import AnswerSet

RECORDS = [
    ("t1", "a", "x"), ("t1", "b", "x"), ("t1", "c", "y"),
    ("t2", "a", "y"), ("t2", "b", "y"), ("t2", "c", "x"),
    ("t3", "a", "x"), ("t3", "c", "y"),
]  # fmt: skip


def test_posterior_is_the_share_of_votes():
    result = Majority().fit(AnswerSet.from_records(RECORDS))
    assert result.posterior == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3], [0.5, 0.5]]))
    assert result.consensus == ["x", "y", "x"]
    assert result.ties.tolist() == [False, False, True]


def test_smoothing_adds_pseudo_votes():
    result = Majority(smoothing=1).fit(AnswerSet.from_records(RECORDS))
    assert result.posterior[0] == pytest.approx([3 / 5, 2 / 5])


def test_gold_decides_its_task():
    result = Majority().fit(AnswerSet.from_records(RECORDS), gold={"t3": "y"})
    assert result.posterior[2].tolist() == [0, 1]


def test_fractional_weights_count_as_fractions():
    answers = AnswerSet.from_arrays([0, 0], [0, 0], [0, 1], weight=np.array([0.75, 0.25]))
    assert Majority().fit(answers).posterior[0] == pytest.approx([0.75, 0.25])


def test_weighted_vote_weighs_by_agreement_with_the_majority():
    # a agrees on all three tasks (t3 is a tie, the first label wins), b on both of its two, c on none.
    result = WeightedVote().fit(AnswerSet.from_records(RECORDS))
    assert result.ability == pytest.approx([1.0, 1.0, 0.0])
    assert result.posterior == pytest.approx(np.array([[1, 0], [0, 1], [1, 0]]))


def test_weighted_vote_takes_history_into_the_weights():
    history = {"c": np.diag([5.0, 0.0])}
    result = WeightedVote().fit(AnswerSet.from_records(RECORDS), priors=history)
    assert result.ability[2] == pytest.approx(5 / 8)
    assert result.posterior[2] == pytest.approx([1 / 1.625, 0.625 / 1.625])


def test_majority_stands_where_all_voters_weigh_nothing():
    records = [("t1", "a", "x"), ("t1", "b", "x"), ("t1", "c", "y"), ("t2", "c", "x"), ("t2", "d", "y")]
    result = WeightedVote().fit(AnswerSet.from_records(records), gold={"t2": "y", "t1": "x"})
    assert result.consensus == ["x", "y"]


@pytest.mark.parametrize("model", [Majority(), WeightedVote()])
def test_unknown_gold_is_named(model):
    with pytest.raises(ValueError, match="'zz'"):
        model.fit(AnswerSet.from_records(RECORDS), gold={"zz": "x"})
    with pytest.raises(ValueError, match="'t1' is 'q'"):
        model.fit(AnswerSet.from_records(RECORDS), gold={"t1": "q"})
