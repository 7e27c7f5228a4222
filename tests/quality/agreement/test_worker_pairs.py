"""Pairs of workers: the matrix, its two ways of counting, Light's mean."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from quality.agreement import pair_counts
from quality.agreement.cohen import cohen_kappa, cohen_kappa_pair
from quality.agreement.light import light_kappa
from quality.agreement.pairs import pair_matrix
from quality.answers import AnswerSet


def crowd(seed: int, *, tasks: int = 120, workers: int = 15, labels: int = 3, overlap: int = 4) -> AnswerSet:
    """Tasks answered by a few of the workers each, in mixed order."""
    rng = np.random.default_rng(seed)
    worker = np.argsort(rng.random((tasks, workers)) * np.arange(1, workers + 1) ** 0.5, axis=1)[:, :overlap]
    truth = rng.integers(0, labels, tasks)[:, None]
    label = np.where(rng.random(worker.shape) < 0.6, truth, rng.integers(0, labels, worker.shape))
    order = rng.permutation(worker.size)
    task = np.repeat(np.arange(tasks), overlap)
    columns = (column.reshape(-1)[order] for column in (task, worker, label))
    return AnswerSet.from_arrays(*columns, labels=range(1, labels + 1), workers=range(workers), tasks=range(tasks))


@pytest.mark.parametrize("weights", ["identity", "quadratic"])
def test_matrix_holds_cohens_kappa_of_every_pair_with_enough_shared_tasks(weights):
    answers = crowd(0)

    matrix = pair_matrix(answers, min_shared=5, weights=weights)

    expected = {}
    for first, second in combinations(range(15), 2):
        result = cohen_kappa_pair(answers, first, second, weights=weights)
        if result.tasks >= 5:
            expected[first, second] = (result.tasks, result.value)
    found = {
        (row["first"], row["second"]): (row["shared"], pytest.approx(row["cohen_kappa"], abs=1e-12))
        for row in matrix.rows()
    }
    assert found == expected
    assert 0 < len(found) < 105


@pytest.mark.parametrize("block", [1 << 24, 40])
def test_compiled_and_plain_counts_are_equal(monkeypatch, block):
    pytest.importorskip("numba")
    monkeypatch.setattr(pair_counts, "BLOCK_CELLS", block)
    answers = crowd(1)

    fast, slow = (pair_matrix(answers, min_shared=3, compiled=compiled) for compiled in (True, False))

    assert fast.first.tolist() == slow.first.tolist()
    assert fast.second.tolist() == slow.second.tolist()
    assert fast.shared.tolist() == slow.shared.tolist()
    assert np.array_equal(fast.kappa, slow.kappa, equal_nan=True)


def test_the_plain_count_takes_over_where_numba_is_missing(monkeypatch):
    answers = crowd(2)
    expected = pair_matrix(answers, min_shared=3)
    monkeypatch.setattr(pair_counts, "njit", None)

    found = pair_matrix(answers, min_shared=3)

    assert found.kappa.tolist() == expected.kappa.tolist()
    with pytest.raises(ValueError, match="numba is not installed"):
        pair_matrix(answers, min_shared=3, compiled=True)


def test_a_pair_that_gave_one_label_has_no_kappa_but_a_reason():
    answers = AnswerSet.from_records([(t, w, "a") for t in range(3) for w in "xy"], labels="ab")

    (row,) = pair_matrix(answers, min_shared=1).rows()

    assert (row["cohen_kappa"], row["reason"], row["percent_agreement"]) == (None, "no_variation", 1.0)


def test_a_worker_is_no_pair_with_themself():
    answers = AnswerSet.from_records(
        [("t1", "x", 1), ("t1", "x", 2), ("t1", "y", 1), ("t2", "x", 2), ("t2", "x", 2)], repeats="keep"
    )

    for compiled in (None, False):
        rows = pair_matrix(answers, min_shared=1, compiled=compiled).rows()
        assert [(row["first"], row["second"]) for row in rows] == [("x", "y")]


def test_no_pairs_is_an_empty_matrix():
    answers = AnswerSet.from_records([("t1", "x", 1), ("t2", "y", 2)])

    assert len(pair_matrix(answers)) == 0
    assert len(pair_matrix(AnswerSet.from_records([]))) == 0


@pytest.mark.parametrize("compiled", [None, False])
def test_min_shared_counts_tasks_in_common(compiled):
    answers = AnswerSet.from_records([(t, w, t % 2) for t in range(4) for w in "xyz" if (w, t) != ("z", 3)])

    pairs = {(row["first"], row["second"]) for row in pair_matrix(answers, min_shared=4, compiled=compiled).rows()}

    assert pairs == {("x", "y")}


def test_light_is_the_mean_of_all_pairs_and_names_what_it_left_out():
    answers = crowd(3)
    matrix = pair_matrix(answers, min_shared=4)

    result = light_kappa(answers, min_shared=4)

    kept = matrix.kappa[np.isfinite(matrix.kappa)]
    assert result.value == pytest.approx(kept.mean())
    assert result.params["pairs"] == len(kept)
    assert result.params["undefined_pairs"] == len(matrix) - len(kept)


def test_lights_error_agrees_with_leaving_tasks_out():
    answers = crowd(4, tasks=150, workers=4)

    result = light_kappa(answers)

    without = np.array([light_kappa(answers.select(answers.task != t)).value for t in range(150)])
    assert result.se == pytest.approx(np.sqrt(149 / 150 * ((without - without.mean()) ** 2).sum()), rel=0.05)


def test_cohen_wants_two_workers():
    assert cohen_kappa(crowd(5)).reason == "needs_two_workers"


def test_pairs_refuse_what_they_cannot_hold():
    answers = AnswerSet.from_records([(0, w, w) for w in range(50)])

    with pytest.raises(ValueError, match="48 labels"):
        pair_matrix(answers)
    with pytest.raises(ValueError, match="min_shared is 0"):
        pair_matrix(crowd(6), min_shared=0)
