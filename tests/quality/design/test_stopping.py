"""A task stops when it is sure, when it is hopeless, when the next answers are too dear."""

import numpy as np
import pytest

from quality.design.stopping import StoppingRule


def test_confidence_completes_a_task_but_not_before_the_minimum():
    rule = StoppingRule(target=0.9, min_overlap=2)
    assert rule.decide([0.95, 0.05], 1).action == "ask"
    assert rule.decide([0.95, 0.05], 2).action == "complete"
    assert rule.decide([0.85, 0.15], 2).action == "ask"


def test_the_maximum_ends_in_a_dispute():
    decision = StoppingRule(max_overlap=5).decide([0.6, 0.4], 5)
    assert (decision.action, decision.reason) == ("dispute", "still uncertain at the maximum overlap")


def test_looking_one_ahead_would_stop_too_early():
    posterior = [0.8, 0.1, 0.1]
    assert StoppingRule(price=0.001, ahead=1).decide(posterior, 3).action == "complete"
    decision = StoppingRule(price=0.001, ahead=3).decide(posterior, 3)
    assert decision.action == "ask"
    assert decision.look_ahead >= 2
    assert decision.net_worth > 0


def test_dear_answers_are_not_asked_for():
    decision = StoppingRule(price=0.3).decide([0.7, 0.3], 3)
    assert (decision.action, decision.reason) == ("complete", "no further answers are worth their price")


def test_the_look_ahead_ends_at_the_maximum():
    # One answer left: the two that would be worth asking cannot be had.
    assert StoppingRule(price=0.001, max_overlap=4).decide([0.8, 0.1, 0.1], 3).action == "complete"


def test_a_better_worker_is_worth_asking():
    rule = StoppingRule(price=0.1)
    assert rule.decide([0.7, 0.3], 3, matrix=[[0.99, 0.01], [0.01, 0.99]]).action == "ask"
    assert rule.decide([0.7, 0.3], 3, matrix=np.full((2, 2), 0.5)).action == "complete"


def test_a_label_set_of_one_is_complete():
    assert StoppingRule().decide([1.0], 2).action == "complete"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": 0.0}, "target"),
        ({"min_overlap": 5, "max_overlap": 3}, "min_overlap is 5"),
        ({"price": -1.0}, "price"),
        ({"ahead": 0}, "ahead"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        StoppingRule(**settings)


def test_bad_posteriors_are_named():
    with pytest.raises(ValueError, match="sum to 1"):
        StoppingRule().decide([0.5, 0.6], 2)
    with pytest.raises(ValueError, match="n_answers is -1"):
        StoppingRule().decide([0.5, 0.5], -1)
