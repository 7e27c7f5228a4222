"""The database keeps examples and golds apart, whichever comes first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from cast import Cast
from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import TaskState
from crowd.models import Example, ExamplePool, Gold, Task

pytestmark = pytest.mark.django_db


def example(cast: Cast, payload: dict[str, Any]) -> Example:
    pool, _ = ExamplePool.objects.get_or_create(project=cast.project, name="shots")
    with transaction.atomic():
        return Example.objects.create(
            pool=pool,
            project=cast.project,
            payload=payload,
            payload_hash=str(payload),
            label_index=0,
            created_by=cast.owner,
            created_at=timezone.now(),
        )


def gold_of(task: Task) -> Gold:
    with transaction.atomic():
        return Gold.objects.create(task=task, project=task.project, labels=["positive"])


def test_an_example_with_the_payload_of_a_gold_is_refused(cast: Cast) -> None:
    (gold,) = cast.gold()
    with pytest.raises(IntegrityError, match="cannot be an example"):
        example(cast, gold.task.payload)
    assert example(cast, {"text": "of no gold"}).pk is not None


def test_a_gold_with_the_payload_of_an_example_is_refused(cast: Cast) -> None:
    example(cast, {"text": "gold 1"})
    with pytest.raises(IntegrityError, match="cannot be a gold"), transaction.atomic():
        cast.gold()
    assert not Gold.objects.exists()


@pytest.mark.parametrize("is_gold_first", [True, False])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "x", "b": {"c": 1, "d": [True, None]}}, {"b": {"d": [True, None], "c": 1}, "a": "x"}),
        ({"a": 1, "b": 2.5}, {"b": 2.5, "a": 1.0}),
        ({"text": "é", "more": {}}, {"more": {}, "text": "\u00e9"}),
    ],
)
def test_the_same_payload_written_otherwise_is_the_same(
    cast: Cast, one: dict[str, Any], other: dict[str, Any], is_gold_first: bool
) -> None:
    task = Task.objects.create(project=cast.project, key="g", payload=one, state=TaskState.GOLD)
    steps = [partial(gold_of, task), partial(example, cast, other)]
    first, second = steps if is_gold_first else reversed(steps)
    first()
    with pytest.raises(IntegrityError, match="has this payload"):
        second()


@pytest.mark.parametrize(
    "other",
    [
        {"a": "x", "b": [2, 1]},
        {"a": "x", "b": [1]},
        {"a": "x", "b": [1, 2, 2]},
        {"a": "x", "b": [1, "2"]},
        {"a": "x", "b": [1, 2], "c": {}},
        {"b": [1, 2]},
        {"a": "X", "b": [1, 2]},
    ],
)
def test_a_payload_that_differs_in_one_value_may_be_an_example(cast: Cast, other: dict[str, Any]) -> None:
    gold_of(Task.objects.create(project=cast.project, key="g", payload={"a": "x", "b": [1, 2]}, state=TaskState.GOLD))
    assert example(cast, other).pk is not None


def test_a_gold_cannot_become_an_example_by_a_change(cast: Cast) -> None:
    (gold,) = cast.gold()
    example(cast, {"text": "text 1"})
    with pytest.raises(IntegrityError, match="cannot be a gold"), transaction.atomic():
        Gold.objects.filter(pk=gold.pk).update(task=Task.objects.get(key="t1"))


def test_an_example_cannot_be_changed_into_a_gold(cast: Cast) -> None:
    (gold,) = cast.gold()
    row = example(cast, {"text": "of no gold"})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Example.objects.filter(pk=row.pk).update(payload=gold.task.payload)
