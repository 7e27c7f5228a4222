"""Intervals: the rule by number of tasks, coverage, seeds, what happens at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quality.agreement import IntervalOptions, PatternTable, krippendorff_alpha
from quality.agreement.alpha import alpha_of
from quality.agreement.catalogue import coefficient
from quality.agreement.estimate import estimate
from quality.agreement.intervals import bca_bounds, jackknife_se, linearised_se, task_resamples
from quality.agreement.values import ValueTable
from quality.answers import AnswerSet


def crowd(rng: np.random.Generator, tasks: int, *, accuracy: float = 0.85, share: float = 0.3) -> PatternTable:
    """Three answers a task over two labels."""
    truth = rng.random(tasks) < share
    given = np.where(rng.random((tasks, 3)) < accuracy, truth[:, None], ~truth[:, None])
    ones = given.sum(axis=1)
    return PatternTable.from_counts(np.column_stack([3 - ones, ones]), labels=("no", "yes"))


def hayes() -> PatternTable:
    """The forty tasks of Hayes & Krippendorff (2007), labels 0 … 3."""
    from vector_measures import table_of

    return table_of("hayes_krippendorff2007")


def test_method_follows_the_number_of_tasks():
    rng = np.random.default_rng(0)

    assert krippendorff_alpha(crowd(rng, 199)).method == "bca"
    assert krippendorff_alpha(crowd(rng, 200)).method == "percentile"


def test_resampling_gives_way_to_the_linearised_interval_when_it_would_draw_too_much():
    rng = np.random.default_rng(0)
    value = rng.normal(size=(60_000, 1)) + rng.normal(size=(60_000, 2))
    answers = AnswerSet.from_arrays(
        np.repeat(np.arange(60_000), 2), np.tile([0, 1], 60_000), np.argsort(np.argsort(value.reshape(-1)))
    )

    result = krippendorff_alpha(answers, scale="ordinal")

    assert result.method == "linearised"
    assert result.high - result.low == pytest.approx(2 * 1.96 * result.se, rel=1e-3)


@pytest.mark.parametrize(("tasks", "rounds", "low", "high"), [(20, 300, 0.9, 0.99), (250, 200, 0.91, 0.99)])
def test_coverage_is_near_what_is_promised(tasks, rounds, low, high):
    rng = np.random.default_rng(7)
    true = krippendorff_alpha(crowd(rng, 2_000_000), interval=False).value
    options = IntervalOptions(small_resamples=500, resamples=500)

    hits = [
        result.low <= true <= result.high
        for result in (krippendorff_alpha(crowd(rng, tasks), interval=options, rng=i) for i in range(rounds))
    ]

    assert low <= np.mean(hits) <= high


def test_resampling_patterns_is_resampling_tasks():
    table = hayes()
    rng = np.random.default_rng(0)
    tasks = np.repeat(np.arange(len(table.patterns)), table.multiplicity)
    alpha = alpha_of(table, "ordinal")

    by_pattern = np.concatenate([alpha.values(table, weight) for weight in task_resamples(table, 3000, rng)])
    drawn = rng.integers(0, len(tasks), (3000, len(tasks)))
    weight = np.array([np.bincount(tasks[row], minlength=len(table.patterns)) for row in drawn]).astype(float)
    by_task = alpha.values(table, weight)

    assert np.quantile(by_pattern, [0.05, 0.5, 0.95]) == pytest.approx(
        np.quantile(by_task, [0.05, 0.5, 0.95]), abs=0.015
    )


def test_task_bootstrap_is_wider_than_krippendorffs_own():
    result = krippendorff_alpha(hayes(), scale="ordinal", interval=IntervalOptions(method="percentile", resamples=4000))

    assert (result.low, result.high) == pytest.approx((0.624, 0.842), abs=0.02)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    first, again, other = (krippendorff_alpha(hayes(), scale="ordinal", rng=seed) for seed in (3, 3, 4))

    assert (first.low, first.high) == (again.low, again.high)
    assert (first.low, first.high) != (other.low, other.high)


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_linearised_error_agrees_with_the_jackknife(scale):
    table = PatternTable.from_counts(
        np.random.default_rng(1).multinomial(4, [0.4, 0.3, 0.2, 0.1], 400), labels=range(1, 5)
    )
    alpha = alpha_of(table, scale)

    assert linearised_se(table, alpha)[0] == pytest.approx(jackknife_se(table, alpha), rel=0.02)


@pytest.mark.parametrize(
    "metric", ["percent_agreement", "fleiss_kappa", "fleiss_kappa_gwet", "gwet_ac2", "brennan_prediger"]
)
def test_linearised_error_agrees_with_the_jackknife_when_answers_are_missing(metric):
    rng = np.random.default_rng(2)
    counts = np.array([rng.multinomial(rng.integers(2, 6), [0.5, 0.3, 0.2]) for _ in range(400)])
    table = PatternTable.from_counts(counts, labels=(1, 2, 3))
    chosen = coefficient(metric, table, weights="linear")

    assert linearised_se(table, chosen)[0] == pytest.approx(jackknife_se(table, chosen), rel=0.02)


def test_full_agreement_keeps_an_honest_lower_end():
    table = PatternTable(np.array([[3, 0], [0, 3]]), np.array([10, 10]), labels="ab")

    result = krippendorff_alpha(table)

    # 20 of 20 tasks agree: at least .832 of all do (Clopper-Pearson); chance is one half.
    assert (result.value, result.high, result.method) == (1.0, 1.0, "exact")
    assert result.low == pytest.approx(1 - (1 - 0.025 ** (1 / 20)) / 0.5)


def test_full_agreement_is_bounded_by_the_widest_distance_of_the_scale():
    table = PatternTable(np.diag([3, 3, 3]), np.array([10, 10, 10]), labels=(1, 2, 3))

    nominal, ordinal, interval = (krippendorff_alpha(table, scale=s) for s in ("nominal", "ordinal", "interval"))

    assert ordinal.low == pytest.approx(interval.low)
    assert ordinal.low < nominal.low < 1


def test_few_answers_of_the_rarer_label_are_warned_of():
    rng = np.random.default_rng(3)

    rare = krippendorff_alpha(PatternTable(np.array([[2, 0], [1, 1]]), np.array([18, 2]), labels="ab"))
    even = krippendorff_alpha(crowd(rng, 20, share=0.5))

    assert "commonest label" in rare.notes[0]
    assert even.notes == ()


def test_all_coefficients_share_their_resamples():
    table = hayes()
    pair = [alpha_of(table, "nominal"), coefficient("gwet_ac1", table)]

    together = estimate(table, pair, options=IntervalOptions(), rng=5)
    alone = estimate(table, pair[1:], options=IntervalOptions(), rng=5)

    assert together[1].low == alone[0].low


def test_a_sparse_table_resamples_like_patterns():
    matrix = np.random.default_rng(4).integers(0, 4, (250, 3))
    answers = AnswerSet.from_arrays(np.repeat(np.arange(250), 3), np.tile([0, 1, 2], 250), matrix.reshape(-1))

    dense = krippendorff_alpha(PatternTable.from_answers(answers), scale="ordinal")
    sparse = krippendorff_alpha(ValueTable.from_answers(answers), scale="ordinal")

    assert (sparse.low, sparse.high) == pytest.approx((dense.low, dense.high), abs=0.02)


@pytest.mark.parametrize(
    "options", [{"confidence": 1.0}, {"confidence": 0.0}, {"resamples": 0}, {"small_resamples": 0}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=r"confidence|resample"):
        IntervalOptions(**options)


def test_bca_bounds_are_those_of_scipy():
    data = np.random.default_rng(5).exponential(size=15)
    draws = data[np.random.default_rng(6).integers(0, 15, (20_000, 15))].mean(axis=1)
    without = (data.sum() - data) / 14

    ours = bca_bounds(data.mean(), draws, without, np.ones(15), 0.025)
    theirs = stats.bootstrap((data,), np.mean, n_resamples=20_000, rng=np.random.default_rng(7)).confidence_interval

    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.02)
    assert ours[0] > np.quantile(draws, 0.025) + 0.02


def test_higher_confidence_is_wider():
    narrow, wide = (
        krippendorff_alpha(hayes(), interval=IntervalOptions(confidence=confidence)) for confidence in (0.8, 0.99)
    )

    assert wide.low < narrow.low < narrow.high < wide.high
