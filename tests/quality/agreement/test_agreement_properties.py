"""What must hold of every coefficient whatever the answers: invariances, equality with definitions or peers."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest

from quality.agreement import IntervalOptions, PatternTable, krippendorff_alpha
from quality.agreement.catalogue import CHANCE, agreement
from quality.agreement.conger import conger_kappa
from quality.agreement.light import light_kappa
from quality.agreement.values import ValueTable
from quality.answers import AnswerSet

SCALES = ("nominal", "ordinal", "interval", "ratio")
SEEDS = range(8)


def random_matrix(seed: int, *, tasks: int = 12, workers: int = 4, labels: int = 4) -> np.ndarray:
    """(workers, tasks) of labels 1 … with a third missing and some signal."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, labels + 1, tasks)
    matrix = np.where(rng.random((workers, tasks)) < 0.6, truth, rng.integers(1, labels + 1, (workers, tasks)))
    return np.where(rng.random(matrix.shape) < 0.3, np.nan, matrix)


def answers_from(matrix: np.ndarray, **options) -> AnswerSet:
    records = [(t, w, float(matrix[w, t])) for w, t in zip(*np.nonzero(~np.isnan(matrix)), strict=True)]
    return AnswerSet.from_records(records, **options)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("seed", SEEDS)
def test_alpha_equals_the_package_krippendorff(seed, scale):
    matrix = random_matrix(seed)

    ours = krippendorff_alpha(answers_from(matrix), scale=scale, interval=False).value

    assert ours == pytest.approx(krippendorff.alpha(matrix, level_of_measurement=scale), abs=1e-12)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("seed", SEEDS)
def test_sparse_values_give_the_same_as_patterns(seed, scale):
    answers = answers_from(random_matrix(seed))
    options = IntervalOptions(method="linearised")

    dense = krippendorff_alpha(PatternTable.from_answers(answers), scale=scale, interval=options)
    sparse = krippendorff_alpha(ValueTable.from_answers(answers), scale=scale, interval=options)

    assert (sparse.value, sparse.se, sparse.low) == pytest.approx((dense.value, dense.se, dense.low), abs=1e-10)


@pytest.mark.parametrize("weights", ["identity", "linear", "quadratic"])
@pytest.mark.parametrize(
    "metric", ["percent_agreement", "fleiss_kappa", "fleiss_kappa_gwet", "gwet_ac2", "brennan_prediger"]
)
def test_sparse_weights_give_the_same_as_a_matrix(metric, weights):
    answers = answers_from(random_matrix(3, tasks=30))
    options = IntervalOptions(method="linearised")

    dense = agreement(PatternTable.from_answers(answers), metric, weights=weights, interval=options)
    sparse = agreement(ValueTable.from_answers(answers), metric, weights=weights, interval=options)

    assert (sparse.value, sparse.se) == pytest.approx((dense.value, dense.se), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_ordinal_alpha_by_mid_ranks_equals_its_definition(seed):
    answers = answers_from(random_matrix(seed, labels=5))

    ours = krippendorff_alpha(answers, scale="ordinal", interval=False).value

    assert ours == pytest.approx(ordinal_alpha_by_definition(answers.counts), abs=1e-12)


def ordinal_alpha_by_definition(counts: np.ndarray) -> float:
    """Krippendorff (2011): δ = (n_c/2 + answers strictly between + n_k/2)², over coincidences."""
    counts = counts[counts.sum(axis=1) >= 2]
    n = counts.sum(axis=0)
    size = len(n)
    observed = np.zeros((size, size))
    for row in counts:
        observed += (np.outer(row, row) - np.diag(row)) / (row.sum() - 1)
    gap = np.zeros((size, size))
    for c in range(size):
        for k in range(c + 1, size):
            gap[c, k] = gap[k, c] = (n[c : k + 1].sum() - (n[c] + n[k]) / 2) ** 2
    return 1 - (n.sum() - 1) * (observed * gap).sum() / (np.outer(n, n) * gap).sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_records_workers_and_label_names_do_not_matter(seed):
    matrix = random_matrix(seed, tasks=20)
    rng = np.random.default_rng(seed)
    shuffled = matrix[rng.permutation(len(matrix))][:, rng.permutation(matrix.shape[1])]
    renamed = np.choose(np.nan_to_num(matrix, nan=0).astype(int), [np.nan, 3, 1, 4, 2])
    whole, moved, other = (answers_from(m) for m in (matrix, shuffled, renamed))

    for metric in (name for name in CHANCE if name != "gwet_ac2"):
        expected = agreement(whole, metric, interval=False)
        assert agreement(moved, metric, interval=False).value == pytest.approx(expected.value, abs=1e-12)
        assert agreement(other, metric, interval=False).se == pytest.approx(expected.se, abs=1e-12)
    for reckon in (conger_kappa, light_kappa):
        expected = reckon(whole)
        assert reckon(moved).value == pytest.approx(expected.value, abs=1e-12)
        assert reckon(other).se == pytest.approx(expected.se, abs=1e-12)


@pytest.mark.parametrize("scale", SCALES)
def test_tasks_with_one_answer_do_not_change_alpha(scale):
    matrix = random_matrix(5)
    lone = np.full((len(matrix), 3), np.nan)
    lone[0] = (1, 2, 9)

    alone = krippendorff_alpha(answers_from(matrix), scale=scale, interval=False).value
    with_lone = krippendorff_alpha(answers_from(np.hstack([matrix, lone])), scale=scale, interval=False).value

    assert with_lone == pytest.approx(alone, abs=1e-12)


def test_interval_alpha_survives_a_shift_and_a_stretch():
    matrix = random_matrix(6)

    plain = krippendorff_alpha(answers_from(matrix), scale="interval", interval=False).value
    moved = krippendorff_alpha(answers_from(1e7 + 3 * matrix), scale="interval", interval=False).value

    assert moved == pytest.approx(plain, abs=1e-9)


def test_ratio_alpha_survives_a_stretch_over_many_decades():
    rng = np.random.default_rng(0)
    matrix = np.exp(rng.normal(0, 4, (3, 40)) * 0.3 + rng.normal(0, 4, 40))

    ours = krippendorff_alpha(answers_from(matrix), scale="ratio", interval=False).value
    stretched = krippendorff_alpha(answers_from(1e6 * matrix), scale="ratio", interval=False).value

    assert ours == pytest.approx(krippendorff.alpha(matrix, level_of_measurement="ratio"), abs=1e-10)
    assert stretched == pytest.approx(ours, abs=1e-10)


def test_ratio_alpha_holds_with_zeros():
    matrix = random_matrix(7) - 1

    ours = krippendorff_alpha(answers_from(matrix), scale="ratio", interval=False).value

    # By definition, two zeros agree fully; the peer divides 0 by 0 there.
    values = matrix[:, (~np.isnan(matrix)).sum(axis=0) >= 2]
    observed = expected = 0.0
    given = values[~np.isnan(values)]
    for column in values.T:
        own = column[~np.isnan(column)]
        observed += sum(_ratio_gap(a, b) for a in own for b in own) / (len(own) - 1)
    expected = sum(_ratio_gap(a, b) for a in given for b in given)
    assert ours == pytest.approx(1 - (len(given) - 1) * observed / expected, abs=1e-10)


def _ratio_gap(a: float, b: float) -> float:
    return 0.0 if a == b else ((a - b) / (a + b)) ** 2
