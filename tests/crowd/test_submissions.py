"""Submitting: one answer per assignment, none lost, repeats replayed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.errors import AlreadySubmitted, InvalidAnswer, NotFound, StaleLease
from crowd.models import Answer, Assignment, BudgetShard, Task
from crowd.services.answers import submit_answer
from crowd.services.assignments import expire_assignment, release_assignment
from crowd.services.processing import process_answer

pytestmark = pytest.mark.django_db


def claimed(cast: Cast, n: int = 0) -> Assignment:
    assignment = cast.claim(cast.workers[n]).assignment
    assert assignment is not None
    return assignment


def expired(cast: Cast, n: int = 0) -> Assignment:
    assignment = claimed(cast, n)
    assert expire_assignment(assignment_id=assignment.pk, now=timezone.now() + timedelta(hours=1))
    return assignment


def test_an_answer_is_stored_with_its_label_and_the_servers_time(cast: Cast) -> None:
    assignment = claimed(cast)
    Assignment.objects.update(claimed_at=timezone.now() - timedelta(seconds=30))
    answer = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral").answer
    assert (answer.value, answer.label_index, answer.holds_place, answer.is_surplus) == ("neutral", 1, True, False)
    assert 29 < answer.elapsed_seconds < 40


def test_the_same_submit_again_replays_the_first(cast: Cast) -> None:
    assignment = claimed(cast)
    first = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    second = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    assert (first.is_replay, second.is_replay) == (False, True)
    assert first.answer == second.answer
    assert Answer.objects.count() == 1


def test_a_different_submit_is_refused_and_the_first_stands(cast: Cast) -> None:
    assignment = claimed(cast)
    submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    with pytest.raises(AlreadySubmitted):
        submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="positive")
    assert Answer.objects.get().value == "neutral"


@pytest.mark.parametrize("value", ["happy", "", None, 1, ["neutral"], {"value": "neutral"}, "x" * 1_000_000])
def test_a_value_outside_the_label_set_is_refused_in_a_short_sentence(cast: Cast, value: object) -> None:
    assignment = claimed(cast)
    with pytest.raises(InvalidAnswer) as refusal:
        submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value=value)
    assert "is not a label of this project; choose one of 'negative', 'neutral', 'positive'" in refusal.value.detail
    assert len(refusal.value.detail) < 250
    assignment.refresh_from_db()
    assert assignment.state == "active"


def test_another_workers_assignment_is_not_found(cast: Cast) -> None:
    assignment = claimed(cast)
    with pytest.raises(NotFound):
        submit_answer(assignment_uid=assignment.uid, worker=cast.workers[1], value="neutral")


def test_a_late_answer_whose_place_is_free_takes_it() -> None:
    cast = make_cast(tasks=1)
    assignment = expired(cast)
    answer = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral").answer
    assert (answer.holds_place, answer.is_surplus) == (True, False)
    assert cast.task().open_slots == 1


def test_a_late_answer_whose_place_is_taken_is_kept_as_surplus() -> None:
    cast = make_cast(tasks=1)
    assignment = expired(cast, 0)
    claimed(cast, 1)
    claimed(cast, 2)
    answer = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral").answer
    assert (answer.holds_place, answer.is_surplus) == (False, True)
    assert cast.task().open_slots == 0


def test_surplus_is_evidence_and_unpaid_until_somebody_decides() -> None:
    cast = make_cast(tasks=1)
    assignment = expired(cast, 0)
    cast.answer(cast.workers[1], "positive")
    cast.answer(cast.workers[2], "positive")
    late = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="positive").answer
    process_answer(answer_id=late.pk)
    task = cast.task()
    assert late.is_surplus
    assert task.consensus.answers == 3
    assert not late.transactions.exists()


def test_a_late_answer_reserves_its_pay_again() -> None:
    cast = make_cast(tasks=1, budget_micros=20_000)
    assignment = expired(cast)
    submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")
    assert sum(BudgetShard.objects.values_list("left_micros", flat=True)) == 0


def test_a_late_answer_beyond_the_budget_is_kept_and_the_budget_holds() -> None:
    cast = make_cast(tasks=2, budget_micros=20_000)
    assignment = expired(cast, 0)
    claimed(cast, 1)
    answer = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral").answer
    process_answer(answer_id=answer.pk)
    assert sum(BudgetShard.objects.values_list("left_micros", flat=True)) == 0
    assert not answer.transactions.exists()


def test_a_released_assignment_takes_no_answer(cast: Cast) -> None:
    assignment = claimed(cast)
    release_assignment(assignment_uid=assignment.uid, worker=cast.worker)
    with pytest.raises(StaleLease):
        submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="neutral")


def test_late_gold_counts_like_gold_in_time(cast: Cast) -> None:
    cast.gold(1)
    cast.configure(gold_rate=1.0)
    assignment = expired(cast)
    assert assignment.is_gold
    answer = submit_answer(assignment_uid=assignment.uid, worker=cast.worker, value="positive").answer
    process_answer(answer_id=answer.pk)
    answer.refresh_from_db()
    assert (answer.is_gold, answer.is_surplus, answer.is_correct) == (True, False, True)
    assert Task.objects.get(pk=answer.task_id).open_slots == 0
