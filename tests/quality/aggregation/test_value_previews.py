"""Previews of one task agree with full fits whose workers are held; order confidences with what they promise."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from quality.aggregation.multiple_choice import MultipleChoice
from quality.aggregation.numbers import WorkerNoise
from quality.aggregation.numbers_terms import gaussian_variance_ratio
from quality.aggregation.order_confidence import probability_within
from quality.aggregation.rankings import PlackettLuce
from quality.aggregation.value_previews import number_posterior, set_posterior
from quality.agreement.orders import kendall_tau
from quality.answer_forms import ChoiceSets, NumericAnswers, RankingAnswers


def test_a_set_s_preview_is_the_fit_s_own_posterior() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random((60, 4)) < 0.4
    rows = [
        (t, w, [k for k in range(4) if rng.random() < (0.85 if truth[t, k] else 0.1)])
        for t in range(60)
        for w in range(5)
    ]
    fit = MultipleChoice(tol=1e-9, max_iter=2000).fit(ChoiceSets.from_records(rows, labels=range(4)))
    for t in range(10):
        ticked = [[k in given for k in range(4)] for task, _, given in rows if task == t]
        found = set_posterior(ticked, fit.sensitivity, fit.specificity, fit.prevalence)
        assert found == pytest.approx(fit.posterior[t], abs=1e-5)


def test_a_number_s_preview_is_near_the_fit_s_own_value() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(50, 20, 80)
    bias, noise = rng.normal(0, 2, 6), rng.uniform(0.5, 4, 6)
    rows = [(t, w, truth[t] + bias[w] + noise[w] * rng.normal()) for t in range(80) for w in range(6)]
    model = WorkerNoise()
    fit = model.fit(NumericAnswers.from_records(rows))
    ratio = gaussian_variance_ratio(model.tail)
    off = []
    for t in range(80):
        value, sd = number_posterior(
            [value for task, _, value in rows if task == t],
            bias=fit.bias,
            bias_sd=(fit.bias_high - fit.bias_low) / 3.92,
            scale=fit.noise / np.sqrt(ratio),
            mean=fit.mean,
            spread=fit.spread,
            tail=model.tail,
        )
        off.append(abs(value - fit.value[t]) / fit.value_sd[t])
        assert 0.8 < sd / fit.value_sd[t] < 1.25
    assert max(off) < 0.3


def test_an_outlier_moves_no_preview() -> None:
    held = {"bias": [0.0] * 4, "bias_sd": [0.0] * 4, "scale": [1.0] * 4, "mean": 50.0, "spread": 30.0, "tail": 4.0}
    value, _ = number_posterior([20.0, 20.5, 19.5, 90.0], **held)  # type: ignore[arg-type]
    assert value == pytest.approx(20, abs=0.3)


def test_the_confidence_of_an_order_is_the_share_of_near_orders() -> None:
    # Exchangeable scores: every order is as likely, and one of three options lies one swap from two others.
    same = np.zeros(3)
    order = (0, 1, 2)
    for bar in (1.0, 0.3, -1.0):
        exact = np.mean([kendall_tau(order, other) >= bar for other in permutations(order)])
        assert probability_within(same, np.eye(3), order, bar) == pytest.approx(exact, abs=0.03)
    assert probability_within(np.array([3.0, 2.0, 1.0]), np.zeros((3, 3)), order, 1.0) == 1.0
    assert probability_within(np.array([1.0]), np.eye(1), (0,), 1.0) == 1.0


def test_what_scores_have_in_common_moves_no_order() -> None:
    shared = np.full((3, 3), 100.0)
    assert probability_within(np.array([1.0, 0.5, 0.0]), shared, (0, 1, 2), 1.0) == 1.0


def test_consensus_orders_are_right_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    m, tasks, answers = 4, 300, 4
    score = rng.normal(0, 2, (tasks, m))
    skill = np.clip(rng.normal(1, 0.4, 20), 0.1, None)
    rows = []
    for t in range(tasks):
        for w in rng.choice(20, answers, replace=False).tolist():
            keys = skill[w] * score[t] + rng.gumbel(size=m)
            rows.append((t, w, np.argsort(-keys).tolist()))
    fit = PlackettLuce().fit(RankingAnswers.from_records(rows, options={t: range(m) for t in range(tasks)}))
    said, held = [], []
    for t, found, covariance in zip(fit.tasks, fit.score, fit.covariance, strict=True):
        order = np.argsort(-found).tolist()
        said.append(probability_within(found, covariance, order, 1.0))
        held.append(order == np.argsort(-score[t]).tolist())  # type: ignore[index]
    assert np.mean(said) == pytest.approx(np.mean(held), abs=0.08)
