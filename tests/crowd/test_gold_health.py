"""The state of the golds: stock by label, use, leaks, wrong labels."""

from __future__ import annotations

import pytest
from cast import make_cast

from crowd.queries.gold_health import gold_health

pytestmark = pytest.mark.django_db


def test_an_unused_stock_is_counted_by_label() -> None:
    cast = make_cast()
    cast.gold(2, "positive")
    cast.gold(1, "negative")
    health = gold_health(cast.project)
    assert health.stock == {"negative": 1, "neutral": 0, "positive": 2}
    assert (health.active, health.least_used, health.most_used) == (3, 0, 0)
    assert (health.leak.old, health.leak.new, health.worker_leaks, health.suspects) == (0, 0, [], [])


def test_a_gold_that_good_workers_miss_is_listed_with_the_likelier_label() -> None:
    cast = make_cast(tasks=12, workers=6)
    cast.gold(9, "positive")
    cast.gold(1, "negative")  # wrong: everybody says positive
    cast.configure(gold_rate=1.0)
    for worker in cast.workers:
        for _ in range(10):
            cast.answer(worker, "positive")
    health = gold_health(cast.project)
    (gold, suspicion) = health.suspects[0]
    assert len(health.suspects) == 1
    assert (gold.labels, suspicion.misses, suspicion.likelier_label) == (["negative"], 6, "positive")
    assert suspicion.probability_bad > 0.99
    assert (health.least_used, health.most_used) == (6, 6)


def test_old_golds_that_everybody_knows_are_a_leak() -> None:
    cast = make_cast(tasks=10, workers=60)
    cast.gold(4, "positive")
    cast.configure(gold_rate=1.0)
    for n, worker in enumerate(cast.workers):
        for g in range(4):
            # The first twenty know nothing; then the golds have got about.
            cast.answer(worker, "positive" if n >= 20 or (n + g) % 2 else "neutral")
    health = gold_health(cast.project)
    assert (health.leak.new_right, health.leak.new) == (40, 80)
    assert (health.leak.old_right, health.leak.old) == (160, 160)
    assert health.leak.low > 0.35
    assert health.leak.p_value < 1e-9
