"""Ordinal Dawid-Skene knows the order of the labels, so it needs fewer answers than the nominal model."""

import warnings

import numpy as np
import pytest

from quality.aggregation.dawid_skene import DawidSkene
from quality.aggregation.ordinal import OrdinalDawidSkene
from quality.answers import AnswerSet
from quality.errors import ConvergenceWarning

SCALE = ("awful", "poor", "fair", "good", "superb")


def _crowd(seed, n_tasks=150, n_workers=40, overlap=3):
    rng = np.random.default_rng(seed)
    truth = np.clip(np.round(rng.normal(2, 1.2, n_tasks)), 0, 4).astype(int)
    bias, noise = rng.normal(0, 0.5, n_workers), np.exp(rng.normal(np.log(0.7), 0.5, n_workers))
    task = np.repeat(np.arange(n_tasks), overlap)
    worker = np.concatenate([rng.choice(n_workers, overlap, replace=False) for _ in range(n_tasks)])
    seen = truth[task] + bias[worker] + noise[worker] * rng.standard_normal(len(task))
    label = np.clip(np.round(seen), 0, 4).astype(int)
    answers = AnswerSet.from_arrays(task, worker, label, workers=range(n_workers), labels=SCALE)
    return answers, truth, bias, noise


def _fit(answers, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return OrdinalDawidSkene().fit(answers, **kwargs)


@pytest.mark.parametrize("seed", range(4))
def test_beats_nominal_dawid_skene_when_answers_are_few(seed):
    answers, truth, _, _ = _crowd(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        nominal = DawidSkene(threads=1).fit(answers)
    ordinal = _fit(answers)
    assert (ordinal.best == truth).mean() >= (nominal.best == truth).mean()
    assert np.abs(ordinal.best - truth).mean() < np.abs(nominal.best - truth).mean()


def test_recovers_bias_with_intervals_that_hold():
    answers, _, bias, noise = _crowd(5, n_tasks=1_500, n_workers=20, overlap=5)
    result = _fit(answers)
    assert np.corrcoef(result.bias, bias)[0, 1] > 0.95
    assert np.corrcoef(np.log(result.noise), np.log(noise))[0, 1] > 0.9
    assert (result.bias_low <= result.bias).all()
    assert (result.bias <= result.bias_high).all()
    # The crowd's own mean bias cannot be seen, so it is taken off.
    seen = bias - bias.mean()
    assert np.mean((result.bias_low <= seen) & (seen <= result.bias_high)) >= 0.8


def test_objective_never_decreases():
    for seed in range(3):
        objective = _fit(_crowd(seed)[0]).objective
        assert (np.diff(objective) >= -1e-8).all()


def test_order_of_answers_does_not_matter():
    answers = _crowd(1)[0]
    shuffle = np.random.default_rng(0).permutation(answers.n_answers)
    again = _fit(answers.select(shuffle))
    assert again.posterior == pytest.approx(_fit(answers).posterior, abs=1e-9)


def test_turning_the_scale_round_turns_the_posterior_round():
    answers = _crowd(2)[0]
    turned = AnswerSet.from_arrays(
        answers.task, answers.worker, 4 - answers.label, workers=answers.workers, labels=SCALE[::-1]
    )
    straight, reverse = _fit(answers), _fit(turned)
    assert reverse.posterior[:, ::-1] == pytest.approx(straight.posterior, abs=1e-6)
    assert reverse.bias == pytest.approx(-straight.bias, abs=1e-5)


def test_gold_is_clamped_as_well_as_learnt_from():
    answers, truth, _, _ = _crowd(3)
    gold = {task: SCALE[truth[task]] for task in range(75)}
    result = _fit(answers, gold=gold)
    assert np.array_equal(result.posterior[:75], np.eye(5)[truth[:75]])
    assert (result.best[75:] == truth[75:]).mean() >= (_fit(answers).best[75:] == truth[75:]).mean()


def test_history_moves_every_update():
    records = [(f"t{i}", worker, label) for i in range(6) for worker, label in (("up", "good"), ("down", "poor"))]
    answers = AnswerSet.from_records(records, labels=SCALE)
    trusted, misled = 200 * np.eye(5), 40 * np.ones((5, 5))
    result = _fit(answers, priors={"up": trusted, "down": misled, "absent": trusted})
    assert result.consensus == ["good"] * 6
    swapped = _fit(answers, priors={"up": misled, "down": trusted})
    assert swapped.consensus == ["poor"] * 6


def test_degenerate_crowds():
    empty = AnswerSet.from_records([], labels=SCALE)
    assert _fit(empty).posterior.shape == (0, 5)
    assert _fit(empty).notes == ("there are no answers to learn from",)
    single = _fit(AnswerSet.from_records([("t", "w", "good")], labels=SCALE))
    assert single.consensus == ["good"]
    assert _fit(AnswerSet.from_records([("t", "w", "yes")])).posterior.tolist() == [[1.0]]
    only_gold = _fit(AnswerSet.from_records([("t", "w", "good")], labels=SCALE), gold={"t": "poor"})
    assert only_gold.posterior.tolist() == [[0, 1, 0, 0, 0]]


def test_a_thousand_answers_on_one_task_do_not_underflow():
    answers = AnswerSet.from_arrays(np.zeros(1_000, int), np.arange(1_000), np.full(1_000, 3), labels=SCALE)
    assert _fit(answers).posterior[0, 3] == pytest.approx(1.0)


def test_influence_is_the_move_without_the_answer():
    answers = AnswerSet.from_records([("t", "a", "good"), ("t", "b", "good"), ("u", "c", "poor")], labels=SCALE)
    result = _fit(answers)
    assert result.influence[0] == pytest.approx(result.influence[1])
    # Without its only answer task u falls back to the prevalence.
    assert result.influence[2] == pytest.approx(0.5 * np.abs(result.posterior[1] - result.prevalence).sum())


def test_warns_when_it_stops_early():
    with pytest.warns(ConvergenceWarning, match="after 2 iterations"):
        OrdinalDawidSkene(max_iter=2).fit(_crowd(0)[0])


def test_bad_input_is_named():
    answers = AnswerSet.from_records([("t", "w", "good")], labels=SCALE)
    with pytest.raises(ValueError, match="gold names task 'x'"):
        _fit(answers, gold={"x": "good"})
    with pytest.raises(ValueError, match="prior of worker 'w'"):
        _fit(answers, priors={"w": np.full((5, 5), -1.0)})
    with pytest.raises(ValueError, match="crowd_strength"):
        OrdinalDawidSkene(crowd_strength=0.0)
