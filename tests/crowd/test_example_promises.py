"""The database keeps examples and golds apart, whichever comes first."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast
from django.db import IntegrityError, transaction
from django.utils import timezone

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
