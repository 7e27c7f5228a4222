"""Projects whose answers are not one label each: a full fit finds nothing to do, and says nothing false."""

from __future__ import annotations

from typing import Any

import pytest
from cast import make_cast

from crowd.models import AggregationRun, Consensus, Event
from crowd.services.refit import refit_project

CASES: list[tuple[dict[str, Any], Any]] = [
    ({"answer_type": "number", "answer_options": {"step": 1}, "labels": ()}, 5),
    ({"answer_type": "text", "labels": ()}, "words"),
    ({"answer_type": "multiple_choice"}, ["positive"]),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("plan", "value"), CASES)
def test_a_full_fit_without_labels_leaves_nothing_behind(plan: dict[str, Any], value: Any) -> None:
    cast = make_cast(aggregation_model="auto", **plan)
    for worker in cast.workers[:2]:
        cast.answer(worker, value)
    assert refit_project(project_id=cast.project.pk) is None
    assert not AggregationRun.objects.filter(project=cast.project).exists()
    assert not Consensus.objects.filter(project=cast.project).exists()
    assert not Event.objects.filter(project=cast.project, kind__in=["refit_failed", "processing_failed"]).exists()
