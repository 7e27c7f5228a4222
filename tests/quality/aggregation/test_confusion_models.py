"""Dawid-Skene, one-coin: what must hold for every crowd."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.aggregation import DawidSkene, OneCoin
from quality.answers import AnswerSet
from quality.errors import ConvergenceWarning
from quality.simulation import simulate_crowd

MODELS = [DawidSkene(max_iter=300), OneCoin(max_iter=300)]
ML = [DawidSkene(prior_strength=0, max_iter=20), OneCoin(prior_strength=0, max_iter=20)]


def quietly(model, answers, **given_):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(answers, **given_)


@st.composite
def crowds(draw):
    seed = draw(st.integers(0, 10**6))
    random = np.random.default_rng(seed)
    T, W, K = draw(st.integers(1, 12)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    pairs = np.flatnonzero(random.random(T * W) < 0.7)
    return AnswerSet.from_arrays(
        pairs // W, pairs % W, random.integers(0, K, len(pairs)), tasks=range(T), workers=range(W), labels=range(K)
    )


@pytest.mark.parametrize("model", MODELS + ML)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(answers=crowds())
def test_objective_never_decreases_and_rows_sum_to_one(model, answers):
    result = quietly(model, answers, gold={0: 0} if answers.n_labels > 0 else None)
    assert np.diff(result.objective).min(initial=0.0) >= -1e-8
    assert result.posterior.sum(axis=1) == pytest.approx(np.ones(answers.n_tasks))
    assert result.prevalence.sum() == pytest.approx(1.0)
    assert result.posterior[0, 0] == 1.0


@pytest.mark.parametrize("model", MODELS)
def test_order_of_tasks_workers_labels_does_not_matter(model):
    crowd = simulate_crowd(5, n_tasks=60, n_workers=12, n_labels=3, overlap=5).answers
    random = np.random.default_rng(0)
    tasks, workers, labels = random.permutation(60), random.permutation(12), random.permutation(3)
    shuffle = random.permutation(crowd.n_answers)
    moved = AnswerSet.from_arrays(
        tasks[crowd.task][shuffle], workers[crowd.worker][shuffle], labels[crowd.label][shuffle],
        tasks=range(60), workers=range(12), labels=range(3),
    )  # fmt: skip
    first, second = model.fit(crowd), model.fit(moved)
    assert second.posterior[tasks][:, labels] == pytest.approx(first.posterior, abs=1e-6)
    assert second.ability[workers] == pytest.approx(first.ability, abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_duplicated_answers_keep_the_consensus(model):
    crowd = simulate_crowd(6, n_tasks=200, n_workers=10, n_labels=3, overlap=6, skill=(12, 3))
    once = crowd.answers
    twice = AnswerSet.from_arrays(
        *(np.tile(column, 2) for column in (once.task, once.worker, once.label)), repeats="keep"
    )
    assert (model.fit(twice).best == model.fit(once).best).mean() >= 0.99


def oracle_accuracy(simulated):
    """What knowing every matrix and the prevalence would reach."""
    answers, K = simulated.answers, simulated.answers.n_labels
    logs = np.log(np.bincount(simulated.true, minlength=K) / answers.n_tasks) * np.ones((answers.n_tasks, 1))
    np.add.at(logs, answers.task, np.log(simulated.confusion[answers.worker, :, answers.label] + 1e-9))
    return simulated.accuracy(logs.argmax(axis=1))


@pytest.mark.parametrize(
    "crowd",
    [
        {"n_labels": 2, "overlap": 5},
        {"n_labels": 5, "overlap": 5},
        {"n_labels": 20, "overlap": 7, "n_workers": 30},
        {"n_labels": 50, "overlap": 7, "n_workers": 30, "n_tasks": 6000},
        {"n_labels": 3, "overlap": 5, "spammers": 0.3},
        {"n_labels": 3, "overlap": 5, "constant": 0.3},
        {"n_labels": 3, "overlap": 7, "adversaries": 0.25},
        {"n_labels": 3, "overlap": 5, "prevalence": (0.9, 0.08, 0.02)},
    ],
)
def test_dawid_skene_comes_near_what_knowing_the_matrices_would_reach(crowd):
    simulated = simulate_crowd(1, **{"n_tasks": 2000, "n_workers": 40, **crowd})
    result = DawidSkene().fit(simulated.answers)
    assert simulated.accuracy(result.best) >= oracle_accuracy(simulated) - 0.025


def test_stopping_early_is_a_choice_and_convergence_gains_more():
    crowd = simulate_crowd(9, n_tasks=300, n_workers=15, n_labels=3, overlap=4, skill=(3, 2)).answers
    early, late = DawidSkene().fit(crowd), DawidSkene(least_gain=0, max_iter=500).fit(crowd)
    assert early.converged
    assert early.n_iter < late.n_iter
    assert early.objective[-1] < late.objective[-1]
    assert np.diff(early.objective)[:-1].min() > 1e-3 * crowd.n_answers


def test_intervals_cover_the_true_matrices():
    simulated = simulate_crowd(3, n_tasks=3000, n_workers=40, n_labels=3, overlap=8, skill=(12, 2))
    result = DawidSkene().fit(simulated.answers)
    true = simulated.confusion[:, np.arange(3), np.arange(3)]
    low, high = (end[:, np.arange(3), np.arange(3)] for end in (result.confusion_low, result.confusion_high))
    assert 0.85 <= ((low <= true) & (true <= high)).mean() <= 1.0


def test_adversaries_are_named():
    simulated = simulate_crowd(2, n_tasks=400, n_workers=20, n_labels=3, overlap=8, skill=(12, 2), adversaries=0.15)
    result = DawidSkene().fit(simulated.answers)
    against = np.flatnonzero(simulated.kind == "adversary").tolist()
    assert result.notes == (f"3 workers answer worse than chance, as if on purpose: {', '.join(map(repr, against))}",)


@pytest.mark.parametrize("model", MODELS)
def test_history_moves_the_fit_by_what_it_is_worth(model):
    records = [
        (task, worker, label) for task in range(6) for worker, label in (("good", task % 2), ("bad", 1 - task % 2))
    ]
    answers = AnswerSet.from_records(records)
    history = {"good": np.diag([500.0, 500.0]), "bad": np.array([[250.0, 250.0], [250.0, 250.0]]), "absent": np.eye(2)}
    result = model.fit(answers, priors=history)
    assert result.consensus == [0, 1, 0, 1, 0, 1]
    assert result.confidence.min() > 0.95
    assert result.ability[0] > 0.98
    assert result.ability[1] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("model", MODELS)
def test_bad_history_is_named(model):
    answers = AnswerSet.from_records([("t", "w", "x"), ("t", "v", "y")])
    with pytest.raises(ValueError, match="worker 'w' has shape"):
        model.fit(answers, priors={"w": np.eye(3)})
    with pytest.raises(ValueError, match="worker 'v' has a negative"):
        model.fit(answers, priors={"v": [[1, -1], [0, 1]]})
    with pytest.raises(ValueError, match="worker 'w' has a negative or undefined"):
        model.fit(answers, priors=np.full((2, 2, 2), np.nan))


@pytest.mark.parametrize("model", MODELS)
def test_a_thousand_answers_on_one_task_do_not_underflow(model):
    random = np.random.default_rng(4)
    label = (random.random(1000) < 0.1).astype(int)
    answers = AnswerSet.from_arrays(np.zeros(1000, int), np.arange(1000), label, labels=range(4))
    result = model.fit(answers)
    assert np.isfinite(result.objective).all()
    assert result.posterior[0] == pytest.approx([1, 0, 0, 0], abs=1e-6)


@pytest.mark.parametrize("model", [*MODELS, *ML])
def test_edges(model):
    empty = model.fit(AnswerSet.from_records([], labels=("x", "y")))
    assert empty.posterior.shape == (0, 2)
    one_label = quietly(model, AnswerSet.from_records([("t", "w", "x"), ("u", "w", "x")]))
    assert one_label.posterior.tolist() == [[1], [1]]
    one_worker = quietly(model, AnswerSet.from_records([("t", "w", "x"), ("u", "w", "y"), ("v", "w", "x")]))
    assert one_worker.consensus == ["x", "y", "x"]
    only_gold = quietly(model, AnswerSet.from_records([("t", "w", "x"), ("u", "w", "y")]), gold={"t": "y", "u": "x"})
    assert only_gold.consensus == ["y", "x"]
    no_answers = AnswerSet.from_arrays([0], [0], [0], tasks=("t", "u", "v"), labels=("x", "y"))
    unanswered = quietly(model, no_answers, gold={"u": "y"})
    assert unanswered.posterior[1].tolist() == [0, 1]
    assert unanswered.posterior[2] == pytest.approx(unanswered.prevalence)


@pytest.mark.parametrize("model", [DawidSkene(max_iter=2), OneCoin(max_iter=2)])
def test_stopping_early_is_said(model):
    crowd = simulate_crowd(9, n_tasks=100, n_workers=10, n_labels=3, overlap=3, skill=(2, 2))
    with pytest.warns(ConvergenceWarning, match="stopped after 2 iterations"):
        assert not model.fit(crowd.answers).converged


def test_influence_is_what_leaving_the_answer_out_changes():
    crowd = simulate_crowd(7, n_tasks=30, n_workers=8, n_labels=3, overlap=4).answers
    result = DawidSkene().fit(crowd)
    for answer in (0, 17, 101):
        task = crowd.task[answer]
        others = (crowd.task == task) & (np.arange(crowd.n_answers) != answer)
        rest = result.prevalence * np.prod(result.confusion[crowd.worker[others], :, crowd.label[others]], axis=0)
        moved = 0.5 * np.abs(rest / rest.sum() - result.posterior[task]).sum()
        assert result.influence[answer] == pytest.approx(moved, abs=1e-5)


@pytest.mark.parametrize(
    "values", [{"max_iter": 0}, {"prior_strength": -1}, {"prior_accuracy": 1.0}, {"pool_strength": 0}]
)
@pytest.mark.parametrize("model", [DawidSkene, OneCoin])
def test_senseless_parameters_are_refused(model, values):
    with pytest.raises(ValueError, match=next(iter(values))):
        model(**values)


@pytest.mark.parametrize("value", [-1e-3, float("nan")])
def test_a_senseless_least_gain_is_refused(value):
    with pytest.raises(ValueError, match="least_gain"):
        DawidSkene(least_gain=value)
