"""One task's posterior from stored matrices; matrices stepped from task to task."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.aggregation import DawidSkene, IncrementalDawidSkene, task_posterior
from quality.answers import AnswerSet
from quality.simulation import simulate_crowd


def test_task_posterior_is_bayes_rule():
    confusion = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.6, 0.4], [0.3, 0.7]]])
    # P(0, 1 | 0) = .9 · .4, P(0, 1 | 1) = .2 · .7, prevalence .25 / .75
    expected = np.array([0.25 * 0.36, 0.75 * 0.14])
    assert task_posterior([0, 1], confusion, [0.25, 0.75]) == pytest.approx(expected / expected.sum())


def test_half_an_answer_counts_half():
    confusion = np.array([[[0.9, 0.1], [0.1, 0.9]]])
    assert task_posterior([0], confusion, [0.5, 0.5], [0.5]) == pytest.approx([0.75, 0.25])


def test_without_answers_it_is_the_prevalence():
    assert task_posterior([], np.empty((0, 2, 2)), [0.25, 0.75]) == pytest.approx([0.25, 0.75])


def test_a_thousand_answers_do_not_underflow():
    confusion = np.tile([[0.2, 0.8], [0.3, 0.7]], (1000, 1, 1))
    assert task_posterior(np.zeros(1000, int), confusion, [0.5, 0.5]) == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([2], np.full((1, 2, 2), 0.5), [0.5, 0.5]), "label index 2 is not in"),
        (([0], np.full((2, 2, 2), 0.5), [0.5, 0.5]), "has shape"),
        (([0], [[[0.0, 1.0], [0.0, 1.0]]], [0.5, 0.5]), "impossible"),
        (([0], np.full((1, 2, 2), 0.5), [0.5, 0.6]), "prevalence sums to 1.1"),
        (([0], np.full((1, 2, 2), 0.5), [0.5, np.nan]), "prevalence sums to nan"),
        (([0, 1], [np.eye(2), [[0.9, 0.2], [0.1, 0.9]]], [0.5, 0.5], None, ["ann", "bob"]), "matrix of worker 'bob'"),
        (([0], [[[0.9, 0.1], [np.nan, 0.5]]], [0.5, 0.5]), "matrix of answer 0"),
        (([0], [[[1.5, -0.5], [0.5, 0.5]]], [0.5, 0.5], None, ["eve"]), "matrix of worker 'eve'"),
    ],
)
def test_senseless_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        task_posterior(*arguments)


def test_task_posterior_repeats_the_full_fit():
    answers = simulate_crowd(3, n_tasks=50, n_workers=10, n_labels=3, overlap=4).answers
    fit = DawidSkene().fit(answers)
    own = answers.task == 7
    again = task_posterior(answers.label[own], fit.confusion[answers.worker[own]], fit.prevalence)
    assert again == pytest.approx(fit.posterior[7], abs=1e-9)


steps = st.lists(
    st.tuples(st.integers(0, 4), st.dictionaries(st.integers(0, 3), st.sampled_from("xyz"), max_size=3)), max_size=25
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(steps)
def test_after_any_updates_the_full_fit_is_that_from_scratch_and_counts_are_exact(updates):
    state = IncrementalDawidSkene("xyz")
    latest: dict[tuple[int, int], str] = {}
    for task, given_ in updates:
        state.update(task, given_)
        latest.update({(task, worker): label for worker, label in given_.items()})
    scratch = AnswerSet.from_records([(task, worker, label) for (task, worker), label in latest.items()], labels="xyz")
    first, second = DawidSkene(max_iter=500).fit(state.answers()), DawidSkene(max_iter=500).fit(scratch)
    places = [second.tasks.index(task) for task in first.tasks]
    assert first.posterior == pytest.approx(second.posterior[places], abs=1e-6)
    for worker in {worker for _, worker in latest}:
        counts = state._counts[state._rows[worker]].sum()
        assert counts == pytest.approx(3 * 2.0 + sum(1 for _, own in latest if own == worker))


def test_repeated_updates_come_close_to_the_full_fit():
    crowd = simulate_crowd(8, n_tasks=300, n_workers=20, n_labels=3, overlap=5)
    answers = crowd.answers
    state = IncrementalDawidSkene(answers.labels)
    for task in range(300):
        own = answers.task == task
        state.update(task, dict(zip(answers.worker[own].tolist(), answers.label[own].tolist(), strict=True)))
    for _ in range(3):
        for task in range(300):
            state.update(task)
    fit = DawidSkene().fit(state.answers())
    best = np.array([state.posterior(task).argmax() for task in fit.tasks])
    assert (best == fit.best).mean() >= 0.98


def test_a_label_outside_the_set_changes_nothing():
    state = IncrementalDawidSkene("xy")
    before = state.update("t", {"w": "x"})
    with pytest.raises(ValueError, match="worker 'v' gives task 't' the unknown label 'q'"):
        state.update("t", {"u": "y", "v": "q"})
    assert state.posterior("t") == pytest.approx(before)
    assert state.answers().n_answers == 1


def test_gold_clamps_and_teaches():
    state = IncrementalDawidSkene("xy")
    for task in range(20):
        state.update(task, {"good": "xy"[task % 2], "bad": "xy"[1 - task % 2]})
        state.set_gold(task, "xy"[task % 2])
    assert state.posterior(0).tolist() == [1, 0]
    assert state.update("new", {"good": "x", "bad": "y"})[0] > 0.95
    assert state.confusion("unseen") == pytest.approx(np.array([[0.7, 0.3], [0.3, 0.7]]))


def test_starts_from_a_full_fit():
    answers = simulate_crowd(3, n_tasks=200, n_workers=10, n_labels=3, overlap=4).answers
    fit = DawidSkene().fit(answers)
    state = IncrementalDawidSkene.from_fit(answers, fit)
    assert state.posterior(7) == pytest.approx(fit.posterior[7])
    assert state.confusion(4) == pytest.approx(fit.confusion[4], abs=0.02)
