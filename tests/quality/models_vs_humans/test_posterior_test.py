"""The posterior-based gate works where people share few tasks."""

import numpy as np
import pytest

from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.majority import Majority
from quality.answers import AnswerSet
from quality.models_vs_humans.alt_test import alt_test
from quality.models_vs_humans.posterior_test import posterior_test


def _sparse_crowd(model_accuracy, seed=0, n_tasks=400):
    """Three answers a task from 120 people, ten answers each: nobody reaches thirty shared tasks."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n_tasks)

    def says(accuracy, task):
        return int(truth[task] if rng.random() < accuracy else (truth[task] + rng.integers(1, 3)) % 3)

    records = [(task, f"p{(3 * task + i) * 7 % 120}", says(0.75, task)) for task in range(n_tasks) for i in range(3)]
    people = AnswerSet.from_records(records, labels=(0, 1, 2))
    return people, {task: says(model_accuracy, task) for task in range(n_tasks)}


def _test(people, model, **kwargs):
    return posterior_test(people, DawidSkene(threads=1, max_iter=500).fit(people), model, **kwargs)


def test_a_model_as_good_as_people_passes_where_the_alternative_annotator_test_cannot_speak():
    people, model = _sparse_crowd(0.85)
    assert np.isnan(alt_test(people, model).winning_rate)
    result = _test(people, model)
    assert result.passes
    assert result.low <= result.gap <= result.high < 0.1
    assert result.n_tasks == 400


def test_a_poor_model_fails():
    result = _test(*_sparse_crowd(0.45))
    assert not result.passes
    assert result.low > 0.1


def test_passing_at_the_bar_is_rare():
    # A model epsilon worse than people should pass in about one run of twenty; labels here are scored, not known.
    passed = [_test(*_sparse_crowd(0.6, seed=seed, n_tasks=120)).passes for seed in range(20)]
    assert sum(passed) <= 3


def test_a_person_is_not_scored_by_an_own_vote():
    # Two people who always differ: without its own vote each answer has only the other against it.
    people = AnswerSet.from_records([(t, w, said) for t in range(40) for w, said in (("p", "a"), ("q", "b"))])
    result = _test(people, dict.fromkeys(range(40), "a"), min_tasks=40)
    assert result.gap == pytest.approx(0.0, abs=0.3)
    assert result.n_answers == 80


def test_too_few_tasks_are_said():
    people, model = _sparse_crowd(0.8)
    result = _test(people, {task: model[task] for task in range(12)})
    assert np.isnan(result.gap)
    assert result.reason == "only 12 tasks have the model's answer with two people's; at least 30 are needed"


def test_bad_input_is_named():
    people, model = _sparse_crowd(0.8)
    with pytest.raises(ValueError, match="no confusion matrices"):
        posterior_test(people, Majority().fit(people), model)
    other = AnswerSet.from_records([("t", "w", 0)], labels=(0, 1, 2))
    with pytest.raises(ValueError, match="tasks or workers differ"):
        posterior_test(people, DawidSkene(threads=1).fit(other), model)
