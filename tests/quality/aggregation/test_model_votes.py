"""A group of models never counts for more than its shared errors allow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.aggregation import MODELS, DawidSkene
from quality.aggregation.model_votes import count_models, people_only
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd


def _beside(base, votes):
    n = base.n_tasks
    return AnswerSet.from_arrays(
        np.concatenate([base.task, *(np.arange(n) for _ in votes)]),
        np.concatenate([base.worker, *(np.full(n, base.n_workers + i) for i in range(len(votes)))]),
        np.concatenate([base.label, *votes]),
        workers=[*base.workers, *(f"m{i}" for i in range(len(votes)))],
    )


def _groups(n):
    return {f"m{i}": "family" for i in range(n)}


@given(seed=st.integers(0, 10_000), name=st.sampled_from(["dawid-skene", "auto", "one-coin", "majority"]))
@settings(max_examples=12, deadline=None)
def test_five_copies_move_no_posterior_further_than_one_vote(seed, name):
    base = simulate_crowd(seed, n_tasks=60, n_workers=8, n_labels=3, overlap=3).answers
    vote = np.random.default_rng(seed).integers(0, 3, 60)
    alone = MODELS[name]().fit(base).probabilities
    moved = [
        np.abs(MODELS[name]().fit(count_models(_beside(base, [vote] * n), _groups(n))).probabilities - alone)
        for n in (1, 5)
    ]
    assert (moved[1] <= moved[0] + 1e-9).all()


def test_re_prompts_at_a_correlation_leave_the_consensus_better_than_people_alone():
    crowd = simulate_crowd(7, n_tasks=1500, n_workers=60, n_labels=2, overlap=3)
    rng, y = np.random.default_rng(0), crowd.true

    def draw():
        return np.where(rng.random(1500) < 0.8, y, 1 - y)

    common = draw()
    five = [np.where(rng.random(1500) < np.sqrt(0.6), common, draw()) for _ in range(5)]
    alone = crowd.accuracy(DawidSkene().fit(crowd.answers).best)
    for rule in ({"rule": "pool"}, {"rule": "discount", "correlation": {"family": 0.6}}):
        fit = DawidSkene().fit(count_models(_beside(crowd.answers, five), _groups(5), **rule))
        assert crowd.accuracy(fit.best) >= alone


def test_a_soft_vote_enters_as_fractions_of_one():
    answers = AnswerSet.from_arrays(
        np.array([0, 0, 0, 0]), np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]),
        workers=["ann", "m0", "m1"], weight=np.array([1.0, 0.7, 0.3, 1.0]),
    )  # fmt: skip
    counted = count_models(answers, _groups(2))
    rows = zip(counted.worker.tolist(), counted.label.tolist(), counted.weight.tolist(), strict=True)
    named = {(counted.workers[worker], label): round(weight, 6) for worker, label, weight in rows}
    assert named == {("ann", 0): 1.0, (("group", "family"), 0): 0.35, (("group", "family"), 1): 0.65}


def test_an_unknown_correlation_is_that_of_copies():
    base = simulate_crowd(1, n_tasks=10, n_workers=4, n_labels=2, overlap=2).answers
    votes = [np.zeros(10, dtype=int)] * 4
    counted = count_models(_beside(base, votes), _groups(4), rule="discount")
    assert counted.weight[-40:] == pytest.approx([0.25] * 40)
    assert counted.weight[: base.n_answers] == pytest.approx([1.0] * base.n_answers)


def test_without_models_the_answers_are_as_they_were():
    base = simulate_crowd(1, n_tasks=10, n_workers=4, n_labels=2, overlap=2).answers
    assert count_models(base, {"m0": "family"}) is base


def test_people_who_copy_each_other_still_share_a_vote_beside_a_model():
    base = simulate_crowd(2, n_tasks=300, n_workers=6, n_labels=3, overlap=4).answers
    copied = np.random.default_rng(0).integers(0, 3, 300)
    crowd = AnswerSet.from_arrays(
        np.concatenate([base.task, np.tile(np.arange(300), 2)]),
        np.concatenate([base.worker, np.repeat([6, 7], 300)]),
        np.concatenate([base.label, copied, copied]),
    )
    counted = count_models(_beside(crowd, [np.zeros(300, dtype=int)]), _groups(1))
    of_copies = np.isin(counted.worker, [counted.workers.index(6), counted.workers.index(7)])
    assert counted.weight[of_copies] == pytest.approx([0.5] * 600)
    assert people_only(counted, {("group", "family"): 1}).n_answers == crowd.n_answers


def test_another_rule_is_refused():
    base = simulate_crowd(1, n_tasks=10, n_workers=4, n_labels=2, overlap=2).answers
    with pytest.raises(ValueError, match="'sum'"):
        count_models(base, {}, rule="sum")
