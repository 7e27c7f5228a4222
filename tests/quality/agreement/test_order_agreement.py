"""Mean pairwise tau of orders: its value, its interval, the reasons why there is none."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import stats

from quality.agreement.order_agreement import order_agreement, task_taus


def records(tasks: int, seed: int = 1, noise: float = 1.0) -> list[tuple[int, int, list[str]]]:
    rng = np.random.default_rng(seed)
    return [
        (task, worker, [f"o{i}" for i in np.argsort(np.arange(5) + noise * rng.normal(size=5))])
        for task in range(tasks)
        for worker in range(3)
    ]


def test_the_value_is_the_mean_over_tasks_of_scipy_s_tau_over_pairs() -> None:
    rows = records(12)
    by_task = {task: [order for t, _, order in rows if t == task] for task in range(12)}
    names = sorted(rows[0][2])

    def tau(first: list[str], second: list[str]) -> float:
        return float(stats.kendalltau(*([order.index(name) for name in names] for order in (first, second))).statistic)

    taus = [np.mean([tau(a, b) for a, b in combinations(orders, 2)]) for orders in by_task.values()]
    result = order_agreement(rows)
    assert result.value == pytest.approx(np.mean(taus))
    assert (result.tasks, result.workers, result.answers, result.method) == (12, 3, 36, "bca")
    assert result.low < result.value < result.high  # type: ignore[operator]
    assert task_taus(rows)[0] == (pytest.approx(taus[0]), 3)


def test_the_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    truth = order_agreement(records(4000, seed=99)).value
    assert truth is not None
    covered = 0
    for seed in range(100):
        found = order_agreement(records(40, seed=seed), rng=seed)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 88 <= covered <= 100


def test_random_orders_agree_as_little_as_chance() -> None:
    orders = [list(order) for order in permutations("abc")]
    assert order_agreement([(1, i, order) for i, order in enumerate(orders)]).value == pytest.approx(-0.2)


def test_what_cannot_be_said_has_a_reason() -> None:
    assert order_agreement([]).reason == "no_pairable_units"
    assert order_agreement([(1, 1, ["a", "b"]), (2, 1, ["a", "b"])]).reason == "no_pairable_units"
    lone = order_agreement([(1, 1, ["a", "b"]), (1, 2, ["a", "b"])])
    assert (lone.value, lone.reason, lone.low) == (1.0, "too_few_units", None)


def test_full_agreement_is_not_taken_for_certain() -> None:
    rows = [(task, worker, ["a", "b", "c"]) for task in range(10) for worker in range(2)]
    result = order_agreement(rows)
    assert (result.value, result.high, result.method) == (1.0, 1.0, "exact")
    assert result.low == pytest.approx(1 - 2 * (1 - 0.025**0.1))


def test_tasks_that_all_agree_alike_give_no_interval() -> None:
    rows = [row for task in range(5) for row in ((task, 1, ["a", "b"]), (task, 2, ["b", "a"]))]
    result = order_agreement(rows)
    assert (result.value, result.low, result.high) == (-1.0, None, None)
    assert result.notes == ("all tasks pull the value alike, so that nothing says how far it would vary",)


def test_orders_of_different_things_are_refused() -> None:
    with pytest.raises(ValueError, match="not orders of the same things"):
        order_agreement([(1, 1, ["a", "b"]), (1, 2, ["a", "c"])])
