"""Rater groups count as fewer votes."""

from __future__ import annotations

import numpy as np
import pytest

from quality.aggregation import DawidSkene, discount_groups, effective_votes, pool_groups
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd

RECORDS = [("t", "p", "x"), ("t", "m1", "y"), ("t", "m2", "y"), ("t", "m3", "x"), ("u", "m1", "x"), ("u", "p", "y")]
GROUPS = {"m1": "model", "m2": "model", "m3": "model"}


def test_pooling_makes_one_worker_with_one_fractional_vote():
    pooled = pool_groups(AnswerSet.from_records(RECORDS), GROUPS)
    rows = zip(pooled.task, pooled.worker, pooled.label, pooled.weight, strict=True)
    named = [(pooled.tasks[t], pooled.workers[w], pooled.labels[k], round(float(x), 4)) for t, w, k, x in rows]
    assert named == [
        ("t", "p", "x", 1.0), ("t", "model", "y", 0.6667), ("t", "model", "x", 0.3333),
        ("u", "model", "x", 1.0), ("u", "p", "y", 1.0),
    ]  # fmt: skip
    assert effective_votes(pooled) == pytest.approx([2, 2])


@pytest.mark.parametrize(("correlation", "weight"), [(0.0, 1.0), (0.5, 0.5), (1.0, 1 / 3)])
def test_discount_follows_the_correlation(correlation, weight):
    discounted = discount_groups(AnswerSet.from_records(RECORDS), GROUPS, correlation)
    assert discounted.weight == pytest.approx([1, weight, weight, weight, 1, 1])


def test_a_group_called_like_a_person_is_refused():
    with pytest.raises(ValueError, match="'p'"):
        pool_groups(AnswerSet.from_records(RECORDS), {"m1": "p"})


def test_a_correlation_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"1\.5"):
        discount_groups(AnswerSet.from_records(RECORDS), GROUPS, 1.5)


def test_copies_break_the_plain_fit_not_the_pooled_one():
    crowd = simulate_crowd(4, n_tasks=600, n_workers=40, n_labels=2, overlap=3)
    random = np.random.default_rng(0)
    copied = random.integers(0, 2, 600)
    base = crowd.answers
    answers = AnswerSet.from_arrays(
        np.concatenate([base.task, np.tile(np.arange(600), 6)]),
        np.concatenate([base.worker, np.repeat(np.arange(40, 46), 600)]),
        np.concatenate([base.label, np.tile(copied, 6)]),
    )
    plain = crowd.accuracy(DawidSkene().fit(answers).best)
    pooled = crowd.accuracy(DawidSkene().fit(pool_groups(answers, dict.fromkeys(range(40, 46), "copies"))).best)
    alone = crowd.accuracy(DawidSkene().fit(base).best)
    assert plain < 0.7
    assert pooled >= alone - 0.02
