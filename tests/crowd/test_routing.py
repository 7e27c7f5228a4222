"""Routing: begun tasks first, the least sure first, within what the manager asked for."""

from __future__ import annotations

import pytest
from cast import make_cast

from crowd.enums import TaskState
from crowd.models import Task
from crowd.policies.routing import BEGUN, FIRST_UNSURE, LAST_UNSURE, UNTOUCHED, asked_priority, band_of, routed
from crowd.services.tasks import NewTask, add_tasks


@pytest.mark.parametrize("asked", [-1000, -3, 0, 7, 1000])
@pytest.mark.parametrize("band", [LAST_UNSURE, -2, UNTOUCHED, BEGUN])
def test_what_the_manager_asked_is_kept_apart_from_the_band(asked: int, band: int) -> None:
    assert asked_priority(routed(asked=asked, band=band)) == asked
    assert routed(asked=asked, band=band) < routed(asked=asked + 1, band=LAST_UNSURE)


def band(answers: int, confidence: float = 0.5) -> int:
    return band_of(answers=answers, least=2, confidence=confidence, chance=1 / 3)


def test_begun_tasks_come_before_untouched_ones_and_doubtful_ones_last() -> None:
    assert band(1, 0.9) == BEGUN > band(0) == UNTOUCHED > band(2, 1 / 3) == FIRST_UNSURE


def test_among_the_doubtful_the_surer_comes_later() -> None:
    bands = [band(2, confidence) for confidence in (1 / 3, 0.5, 0.7, 0.9, 1.0)]
    assert bands == sorted(bands, reverse=True)
    assert (bands[0], bands[-1]) == (FIRST_UNSURE, LAST_UNSURE)


def test_a_band_outside_the_level_is_refused() -> None:
    with pytest.raises(ValueError, match="band is 2"):
        routed(asked=0, band=2)


@pytest.mark.django_db
def test_a_begun_task_comes_before_untouched_ones() -> None:
    cast = make_cast(tasks=30, workers=2)
    begun = cast.answer(cast.workers[0]).answer.task
    claim = cast.claim(cast.workers[1])
    assert claim.assignment is not None
    assert claim.assignment.task_id == begun.pk


@pytest.mark.django_db
def test_the_manager_goes_before_routing() -> None:
    cast = make_cast(tasks=5, workers=2)
    cast.answer(cast.workers[0])
    add_tasks(project=cast.project, tasks=[NewTask(key="urgent", payload={}, priority=1)], actor=cast.owner)
    claim = cast.claim(cast.workers[1])
    assert claim.assignment is not None
    assert claim.assignment.task.key == "urgent"


@pytest.mark.django_db
def test_a_task_in_doubt_waits_until_the_untouched_have_their_minimum() -> None:
    cast = make_cast(tasks=3, workers=3, max_overlap=3)
    for worker, value in ((cast.workers[0], "positive"), (cast.workers[1], "negative")):
        cast.answer(worker, value)
    doubtful = Task.objects.get(overlap=3)
    assert doubtful.state == TaskState.OPEN
    claim = cast.claim(cast.workers[2])
    assert claim.assignment is not None
    assert claim.assignment.task_id != doubtful.pk


@pytest.mark.django_db
def test_an_audited_task_goes_to_its_end_once_it_would_have_stopped() -> None:
    cast = make_cast(tasks=30, workers=3, audit_share=1.0)
    for worker in cast.workers[:2]:
        cast.answer(worker)
    begun = Task.objects.get(open_slots=1)
    claim = cast.claim(cast.workers[2])
    assert claim.assignment is not None
    assert claim.assignment.task_id == begun.pk
