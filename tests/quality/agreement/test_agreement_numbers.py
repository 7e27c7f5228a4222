"""Continuous scales, plans for more tasks, words for figures."""

from __future__ import annotations

import numpy as np
import pytest

from quality.agreement import AgreementResult
from quality.agreement.bands import band, why_they_differ
from quality.agreement.concordance import bland_altman, lin_concordance, shared_numbers
from quality.agreement.icc import icc, icc_of_table
from quality.agreement.intervals import IntervalOptions
from quality.agreement.planning import tasks_for_half_width, tasks_to_trust_alpha
from quality.agreement.ranks import concordance, kendall_w, mean_correlation
from quality.answers import AnswerSet


def normal_pair(seed: int, n: int, shift: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return truth + rng.normal(0, 0.4, n), truth + shift + rng.normal(0, 0.4, n)


def test_lin_is_pearson_less_what_location_and_scale_cost():
    x, y = normal_pair(0, 60)

    result = lin_concordance(x, y)

    r = np.corrcoef(x, y)[0, 1]
    scale = 2 / (x.std() / y.std() + y.std() / x.std() + (x.mean() - y.mean()) ** 2 / (x.std() * y.std()))
    assert result.value == pytest.approx(r * scale)
    assert result.low < result.value < result.high


def test_lins_error_is_the_spread_over_samples():
    found = [lin_concordance(*normal_pair(seed, 100)) for seed in range(400)]

    assert np.mean([result.se for result in found]) == pytest.approx(np.std([r.value for r in found]), rel=0.1)


def test_lin_without_spread_or_tasks_has_a_reason():
    assert lin_concordance(np.ones(4), np.ones(4)).reason == "no_variation"
    assert lin_concordance(np.ones(0), np.ones(0)).reason == "no_shared_tasks"
    assert lin_concordance(np.ones(1), np.ones(1)).reason == "too_few_units"
    assert lin_concordance(np.ones(4), np.arange(4.0)).value == 0.0


def test_limits_of_agreement():
    first = np.array([1.0, 2.0, 3.0, 6.0])
    second = np.array([2.0, 2.0, 5.0, 5.0])

    found = bland_altman(first, second)

    gap = np.array([-1.0, 0.0, -2.0, 1.0])
    sd = np.sqrt(((gap + 0.5) ** 2).sum() / 3)
    assert found.bias == pytest.approx(-0.5)
    assert (found.low, found.high) == pytest.approx((-0.5 - 1.96 * sd, -0.5 + 1.96 * sd))
    assert found.bias_interval == pytest.approx((-0.5 - 3.18245 * sd / 2, -0.5 + 3.18245 * sd / 2), abs=1e-4)
    assert found.low_interval[1] - found.low == pytest.approx(3.18245 * sd * np.sqrt(3 / 4), abs=1e-4)
    assert bland_altman(first[:1], second[:1]).reason == "too_few_units"


def test_shared_numbers_pair_by_task():
    answers = AnswerSet.from_records([("t1", "a", 1.5), ("t2", "b", 7), ("t3", "b", 4), ("t3", "a", 3), ("t1", "b", 2)])

    first, second = shared_numbers(answers, 0, 1)

    assert sorted(zip(first, second, strict=True)) == [(1.5, 2.0), (3.0, 4.0)]


def test_jackknife_error_of_icc_is_leaving_tasks_out():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(15, 1)) + rng.normal(0, 0.7, (15, 3))

    for kind in ("ICC(1,1)", "ICC(2,1)", "ICC(3,k)"):
        without = np.array([icc_of_table(np.delete(values, i, axis=0), kind=kind).value for i in range(15)])
        expected = np.sqrt(14 / 15 * ((without - without.mean()) ** 2).sum())
        assert icc_of_table(values, kind=kind).se == pytest.approx(expected)


def test_icc_uses_only_tasks_that_all_workers_answered():
    full = [(t, w, float(t + (w == "b") * (t % 3))) for t in range(6) for w in "ab"]

    with_lone = icc(AnswerSet.from_records([*full, ("lone", "a", 99.0)]))

    assert with_lone.tasks == 6
    assert with_lone.value == icc(AnswerSet.from_records(full)).value


def test_one_way_icc_of_unequal_groups_recovers_the_true_share_of_variance():
    rng = np.random.default_rng(2)
    size = rng.integers(2, 6, 3000)
    task = np.repeat(np.arange(3000), size)
    worker = np.concatenate([rng.permutation(50)[:k] for k in size])
    value = rng.normal(size=3000)[task] + rng.normal(0, 1, len(task))
    answers = AnswerSet.from_arrays(task, worker, np.argsort(np.argsort(value)), labels=np.sort(value).tolist())

    result = icc(answers, kind="ICC(1,1)")

    assert result.method == "f_approximate"
    assert result.low < 0.5 < result.high
    assert result.high - result.low < 0.1


def test_unknown_icc_is_named():
    with pytest.raises(ValueError, match=r"ICC\(4,1\)"):
        icc(AnswerSet.from_records([("t1", "a", 1)]), kind="ICC(4,1)")


def test_kendall_w_is_one_for_equal_rankings_whatever_the_units():
    ranking = np.arange(6.0)

    assert concordance(np.column_stack([ranking, 10 * ranking + 3, ranking**3])) == pytest.approx(1)
    assert np.isnan(concordance(np.ones((4, 3))))


def test_rank_agreement_has_a_bootstrap_interval():
    rng = np.random.default_rng(3)
    records = [(t, w, int(np.clip(t % 5 + rng.integers(0, 2), 0, 5))) for t in range(30) for w in "abc"]
    answers = AnswerSet.from_records(records)

    for result in (kendall_w(answers, options=IntervalOptions()), mean_correlation(answers, options=IntervalOptions())):
        assert result.method == "bca"
        assert result.low < result.value < result.high <= 1


def test_a_perfect_pair_does_not_swallow_the_mean_correlation():
    answers = AnswerSet.from_records(
        [
            (t, w, x)
            for w, row in (("a", (1, 2, 3, 4)), ("b", (1, 2, 3, 4)), ("c", (2, 1, 4, 3)))
            for t, x in enumerate(row)
        ]
    )

    assert mean_correlation(answers, "spearman").value == pytest.approx((1 + 0.6 + 0.6) / 3)


def test_the_plan_shrinks_the_error_by_the_root_of_tasks():
    result = AgreementResult(metric="krippendorff_alpha", value=0.7, se=0.05, tasks=100)

    plan = tasks_for_half_width(result, 0.049)

    assert plan.tasks == 400  # 1.96 × .05 × √(100/400) = .049
    assert plan.more == 300
    assert tasks_for_half_width(result, 0.5).more == 0
    assert tasks_for_half_width(AgreementResult(metric="x", reason="no_variation"), 0.1).reason == "no_variation"
    with pytest.raises(ValueError, match="half_width is 0"):
        tasks_for_half_width(result, 0)


def test_tasks_to_trust_alpha_follow_krippendorffs_formula():
    z = 1.6448536
    expected = z**2 * ((1 + 0.8) * (3 - 0.8) / (4 * 0.2 * 0.25 * 0.75) - 0.8)

    assert tasks_to_trust_alpha(0.8, 0.25) == int(np.ceil(expected))
    with pytest.raises(ValueError, match="smallest_alpha is 1"):
        tasks_to_trust_alpha(1.0, 0.5)
    with pytest.raises(ValueError, match="smallest_share is 0"):
        tasks_to_trust_alpha(0.8, 0)


@pytest.mark.parametrize(
    ("low", "author", "word"),
    [
        (0.8, "krippendorff", "reliable"),
        (0.79, "krippendorff", "tentative conclusions only"),
        (0.5, "krippendorff", "not reliable"),
        (0.61, "landis_koch", "substantial"),
        (0.6, "landis_koch", "moderate"),
        (0.0, "landis_koch", "slight"),
        (-0.1, "landis_koch", "poor"),
        (0.75, "koo_li", "good"),
    ],
)
def test_bands_judge_the_lower_end(low, author, word):
    assert band(AgreementResult(metric="x", value=0.95, low=low, high=0.99), author) == word


def test_no_interval_no_band():
    assert band(AgreementResult(metric="x", value=0.95), "krippendorff") is None


def test_skew_explains_a_gap_between_alpha_and_ac1():
    alpha = AgreementResult(metric="krippendorff_alpha", value=0.2, prevalence={"no": 0.93, "yes": 0.07})
    ac1 = AgreementResult(metric="gwet_ac1", value=0.88)

    assert "93% of the answers are 'no'" in why_they_differ(alpha, ac1)
    assert why_they_differ(alpha, AgreementResult(metric="gwet_ac1", value=0.3)) is None
    even = AgreementResult(metric="krippendorff_alpha", value=0.2, prevalence={"no": 0.5, "yes": 0.5})
    assert why_they_differ(even, ac1) is None
