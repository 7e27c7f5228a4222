"""A suspension gives back the places that the worker's unreliable answers held."""

from __future__ import annotations

import pytest
from cast import Cast, make_cast

from crowd.enums import TaskState, TrustLevel
from crowd.models import Answer, ReopenedPlace, WorkTerms
from crowd.services.reopening import reopen_places
from crowd.services.sweep import work_off
from crowd.services.trust_terms import set_trust

pytestmark = pytest.mark.django_db


def suspend(cast: Cast) -> None:
    """Suspend the first worker by hand."""
    set_trust(
        project=cast.project,
        worker_uid=cast.worker.uid,
        actor=cast.owner,
        level=TrustLevel.SUSPENDED,
        reason="answers at random",
    )


def reopened(cast: Cast) -> int:
    """Open the first worker's places."""
    return reopen_places(enrolment_id=cast.enrolment().pk)


def test_the_place_on_an_open_task_goes_to_another() -> None:
    cast = make_cast(tasks=1)
    cast.answer(cast.worker, "negative")
    suspend(cast)
    assert reopened(cast) == 1
    task = cast.task()
    assert (task.state, task.overlap, task.open_slots, task.is_open) == (TaskState.OPEN, 3, 2, True)
    assert Answer.objects.get().holds_place, "the answer stays as it was"
    for worker in cast.workers[1:4]:
        cast.answer(worker, "positive")
    # Three answers fill the maximum: the fourth, which came first, is evidence only.
    assert (cast.task().state, cast.task().overlap) == (TaskState.COMPLETE, 4)


def test_a_complete_task_opens_again_only_where_the_answer_mattered() -> None:
    cast = make_cast(tasks=1, min_overlap=2, max_overlap=4)
    for worker in cast.workers[:2]:
        cast.answer(worker, "positive")
    assert cast.task().state == TaskState.COMPLETE
    suspend(cast)
    assert reopened(cast) == 1
    assert cast.task().state == TaskState.OPEN


def test_a_task_that_is_sure_without_the_answer_stays_complete() -> None:
    cast = make_cast(tasks=1, min_overlap=3, max_overlap=4)
    for worker in cast.workers[:3]:
        cast.answer(worker, "positive")
    suspend(cast)
    assert reopened(cast) == 0
    task = cast.task()
    assert (task.state, task.overlap, task.open_slots) == (TaskState.COMPLETE, 3, 0)


def test_a_disputed_task_gets_its_place_back() -> None:
    cast = make_cast(tasks=1)
    for worker, value in zip(cast.workers, ("positive", "negative", "neutral"), strict=False):
        cast.answer(worker, value)
    suspend(cast)
    assert reopened(cast) == 1
    assert (cast.task().state, cast.task().open_slots) == (TaskState.OPEN, 1)


def test_a_place_opens_once_ever() -> None:
    cast = make_cast(tasks=1)
    cast.answer(cast.worker, "negative")
    suspend(cast)
    assert [reopened(cast), reopened(cast)] == [1, 0]
    set_trust(
        project=cast.project, worker_uid=cast.worker.uid, actor=cast.owner, level=TrustLevel.NEW, reason="forgiven"
    )
    suspend(cast)
    assert reopened(cast) == 0
    assert (ReopenedPlace.objects.count(), cast.task().overlap) == (1, 3)


def test_places_open_as_far_as_the_budget_goes_the_least_sure_first() -> None:
    # Five answers of .02 fit the budget; four are spent or awaited, so one place can be given away.
    cast = make_cast(tasks=2, min_overlap=2, max_overlap=2, target_confidence=0.9, budget_micros=100_000)
    cast.answer(cast.worker, "negative")
    cast.answer(cast.worker, "negative")
    suspend(cast)
    assert reopened(cast) == 1
    assert cast.project.events.get(kind="places_reopened").detail == {"places": 1}


def test_the_row_is_the_queue() -> None:
    cast = make_cast(tasks=1)
    cast.answer(cast.worker, "negative")
    suspend(cast)
    assert WorkTerms.objects.filter(reopen_change__isnull=False).count() == 1
    work_off()
    assert WorkTerms.objects.filter(reopen_change__isnull=False).count() == 0
    assert cast.task().overlap == 3
