"""A soft vote is refused, by name, when its weights are no probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from quality.answers import AnswerSet
from quality.errors import AnswerError


def soft(*weights):
    n = len(weights)
    return AnswerSet.from_arrays(
        np.zeros(n, int), np.zeros(n, int), np.arange(n), tasks=["t7"], workers=["ann"], weight=np.array(weights)
    )


def test_probabilities_that_sum_to_more_than_one_name_worker_and_task():
    with pytest.raises(AnswerError, match=r"worker 'ann' on task 't7' sum to 1.2") as caught:
        soft(0.7, 0.5)
    assert isinstance(caught.value, ValueError)


def test_rounded_probabilities_pass():
    assert soft(0.3333, 0.6668).n_answers == 2


def test_a_partial_vote_passes():
    assert soft(0.4, 0.2).n_answers == 2


@pytest.mark.parametrize("weight", [float("nan"), 0.0, -0.1, 1.5])
def test_a_weight_that_is_no_probability_is_refused(weight):
    with pytest.raises(AnswerError, match="weight"):
        soft(weight, 0.1)
