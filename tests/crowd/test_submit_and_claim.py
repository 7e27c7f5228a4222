"""Submitting with the next task in the same call: the answer is never lost to what happens to the claim."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.errors import AlreadySubmitted, InvalidAnswer, NotFound
from crowd.models import Answer, Assignment
from crowd.services.answers import submit_and_claim
from crowd.services.assignments import expire_assignment
from crowd.services.projects import pause_project

pytestmark = pytest.mark.django_db


def claimed(cast: Cast) -> Assignment:
    assignment = cast.claim().assignment
    assert assignment is not None
    return assignment


def test_the_answer_is_stored_and_the_next_task_lent(cast: Cast) -> None:
    first = claimed(cast)
    both = submit_and_claim(assignment_uid=first.uid, worker=cast.worker, value="neutral")
    assert (both.submission.answer.task_id, both.submission.is_replay) == (first.task_id, False)
    assert both.claim is not None
    assert both.claim.assignment is not None
    assert both.claim.assignment.task_id != first.task_id
    assert Answer.objects.get().value == "neutral"


def test_after_the_last_task_comes_finished(cast: Cast) -> None:
    for expected in ("assigned", "finished"):
        assignment = claimed(cast)
        both = submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
        assert both.claim is not None
        assert both.claim.state == expected


def test_a_refused_claim_leaves_the_answer(cast: Cast) -> None:
    assignment = claimed(cast)
    pause_project(project=cast.project, actor=cast.owner)
    both = submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    assert both.claim is None
    assert both.refusal is not None
    assert both.refusal.code == "project_closed"
    assert Answer.objects.count() == 1


def test_an_exhausted_budget_leaves_the_answer() -> None:
    cast = make_cast(budget_micros=20_000)
    both = submit_and_claim(assignment_uid=claimed(cast).uid, worker=cast.worker, value="neutral")
    assert both.refusal is not None
    assert both.refusal.code == "budget_exhausted"
    assert Answer.objects.count() == 1


def test_a_repeat_is_replayed_and_gets_the_task_that_is_held(cast: Cast) -> None:
    assignment = claimed(cast)
    first = submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    again = submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    assert again.submission.is_replay
    assert again.submission.answer == first.submission.answer
    assert first.claim is not None
    assert again.claim is not None
    assert again.claim.assignment == first.claim.assignment


def test_a_refused_answer_claims_nothing(cast: Cast) -> None:
    assignment = claimed(cast)
    with pytest.raises(InvalidAnswer):
        submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="happy")
    with pytest.raises(NotFound):
        submit_and_claim(assignment_uid=assignment.uid, worker=cast.workers[1], value="neutral")
    submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    with pytest.raises(AlreadySubmitted):
        submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="positive")
    assert Assignment.objects.count() == 2


def test_a_late_answer_brings_the_next_task_too() -> None:
    cast = make_cast(tasks=2)
    assignment = claimed(cast)
    assert expire_assignment(assignment_id=assignment.pk, now=timezone.now() + timedelta(hours=1))
    both = submit_and_claim(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    assert both.claim is not None
    assert both.claim.state == "assigned"


def test_an_answer_to_another_project_than_the_last_one_claimed_in() -> None:
    one, other = make_cast(), make_cast(labels=({"value": "yes"}, {"value": "no"}))
    worker = one.worker
    from crowd.services.workers import enrol

    enrol(project=other.project, worker=worker)
    first = one.claim(worker).assignment
    second = other.claim(worker).assignment
    assert first is not None
    assert second is not None
    both = submit_and_claim(assignment_uid=first.uid, worker=worker, value="neutral")
    assert both.submission.answer.label_index == 1
    assert both.claim is not None
    assert both.claim.assignment is not None
    assert both.claim.assignment.project.uid == one.project.uid
    with pytest.raises(InvalidAnswer):
        submit_and_claim(assignment_uid=second.uid, worker=worker, value="neutral")
