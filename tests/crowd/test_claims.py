"""Claiming: who gets which task, and what the reply says when there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import AssignmentState, TaskState, TrustLevel, WorkerKind
from crowd.errors import BudgetExhausted, NotEnrolled, NotFound, ProjectClosed, StaleLease, WorkerSuspended
from crowd.models import Assignment, BudgetShard, Enrolment, Task
from crowd.services.assignments import (
    claim_task,
    expire_assignment,
    release_assignment,
    renew_assignment,
    skip_assignment,
)
from crowd.services.projects import pause_project
from crowd.services.workers import NewWorker, add_workers, worker_of_user

pytestmark = pytest.mark.django_db


def expire(assignment: Assignment) -> None:
    later = timezone.now() + timedelta(hours=1)
    assert expire_assignment(assignment_id=assignment.pk, now=later)


def test_a_claim_takes_one_place(cast: Cast) -> None:
    claim = cast.claim()
    assert claim.assignment is not None
    task = claim.assignment.task
    task.refresh_from_db()
    assert (task.overlap, task.open_slots, task.is_open) == (2, 1, True)


def test_a_second_claim_returns_the_live_assignment(cast: Cast) -> None:
    assert cast.claim().assignment == cast.claim().assignment
    assert Assignment.objects.count() == 1


def test_a_worker_never_gets_a_task_twice(cast: Cast) -> None:
    first = cast.answer(cast.worker).answer.task_id
    second = cast.answer(cast.worker).answer.task_id
    assert {first, second} == set(Task.objects.values_list("id", flat=True))


def test_the_last_place_is_not_given_twice(cast: Cast) -> None:
    Task.objects.filter(key="t2").update(is_open=False)
    assert cast.claim(cast.workers[0]).state == "assigned"
    assert cast.claim(cast.workers[1]).state == "assigned"
    assert cast.claim(cast.workers[2]).state == "wait"
    assert cast.task("t1").open_slots == 0


def test_finished_and_wait_are_different_replies(cast: Cast) -> None:
    for _ in range(2):
        cast.answer(cast.worker)
    assert cast.claim(cast.worker).state == "finished"
    assert [cast.claim(worker).state for worker in cast.workers[1:3]] == ["assigned", "assigned"]
    for worker in cast.workers[1:3]:
        cast.answer(worker)


def test_a_task_that_others_hold_makes_the_worker_wait() -> None:
    cast = make_cast(tasks=1)
    cast.claim(cast.workers[0])
    cast.claim(cast.workers[1])
    reply = cast.claim(cast.workers[2])
    assert (reply.state, reply.retry_after_seconds) == ("wait", 2)


def test_the_highest_priority_comes_first(cast: Cast) -> None:
    Task.objects.filter(key="t2").update(priority=5, rnd=0.0)
    for worker in cast.workers[:2]:
        claim = cast.claim(worker)
        assert claim.assignment is not None
        assert claim.assignment.task.key == "t2"


def test_a_seen_task_of_high_priority_does_not_hide_the_rest(cast: Cast) -> None:
    Task.objects.filter(key="t2").update(priority=5)
    assert cast.answer(cast.worker).answer.task.key == "t2"
    assert cast.answer(cast.worker).answer.task.key == "t1"


def test_an_expired_lease_gives_its_place_back(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    expire(assignment)
    task = Task.objects.get(pk=assignment.task_id)
    assert (task.open_slots, task.is_open) == (2, True)
    assignment.refresh_from_db()
    assert assignment.state == AssignmentState.EXPIRED


def test_an_ended_assignment_does_not_expire(cast: Cast) -> None:
    assignment = cast.answer(cast.worker).answer.assignment
    assert not expire_assignment(assignment_id=assignment.pk, now=timezone.now() + timedelta(hours=1))
    assert Task.objects.get(pk=assignment.task_id).open_slots == 1


def test_a_lease_within_its_time_does_not_expire(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    assert not expire_assignment(assignment_id=assignment.pk, now=timezone.now())


def test_an_expired_task_may_come_again_in_the_same_row() -> None:
    cast = make_cast(tasks=1)
    first = cast.claim().assignment
    assert first is not None
    expire(first)
    second = cast.claim().assignment
    assert second is not None
    assert (second.pk, second.state) == (first.pk, AssignmentState.ACTIVE)
    assert cast.task().open_slots == 1


def test_an_overdue_lease_that_nobody_swept_is_renewed_by_its_worker(cast: Cast) -> None:
    assignment = cast.claim().assignment
    Assignment.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    again = cast.claim().assignment
    assert again == assignment
    assert again is not None
    assert again.deadline > timezone.now()


def test_a_released_task_frees_its_place_and_may_come_again() -> None:
    cast = make_cast(tasks=1)
    assignment = cast.claim().assignment
    assert assignment is not None
    release_assignment(assignment_uid=assignment.uid, worker=cast.worker)
    assert cast.task().open_slots == 2
    again = cast.claim().assignment
    assert again is not None
    assert again.pk == assignment.pk


def test_a_skipped_task_frees_its_place_and_does_not_come_again() -> None:
    cast = make_cast(tasks=1)
    assignment = cast.claim().assignment
    assert assignment is not None
    skip_assignment(assignment_uid=assignment.uid, worker=cast.worker, reason="unreadable")
    assert cast.task().open_slots == 2
    assert cast.claim().state == "finished"
    assert cast.project.events.get(kind="task_skipped").detail == {"reason": "unreadable"}


def test_giving_back_twice_frees_one_place(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    for _ in range(2):
        release_assignment(assignment_uid=assignment.uid, worker=cast.worker)
    assert Task.objects.get(pk=assignment.task_id).open_slots == 2


def test_a_submitted_assignment_cannot_be_given_back_or_renewed(cast: Cast) -> None:
    assignment = cast.answer(cast.worker).answer.assignment
    for act in (release_assignment, renew_assignment):
        with pytest.raises(StaleLease):
            act(assignment_uid=assignment.uid, worker=cast.worker)


def test_renewal_gives_a_full_lease(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    Assignment.objects.update(deadline=timezone.now() + timedelta(seconds=3))
    renewed = renew_assignment(assignment_uid=assignment.uid, worker=cast.worker)
    assert renewed.deadline > timezone.now() + timedelta(seconds=50)


def test_another_workers_assignment_is_not_found(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    for act in (release_assignment, renew_assignment):
        with pytest.raises(NotFound):
            act(assignment_uid=assignment.uid, worker=cast.workers[1])


def test_a_suspended_worker_gets_nothing(cast: Cast) -> None:
    Enrolment.objects.filter(worker=cast.worker).update(trust_level=TrustLevel.SUSPENDED)
    with pytest.raises(WorkerSuspended):
        cast.claim()


def test_a_stranger_is_not_enrolled(cast: Cast) -> None:
    with pytest.raises(NotEnrolled):
        claim_task(project_uid=cast.project.uid, worker=worker_of_user(cast.stranger))


def test_a_paused_project_hands_out_nothing_but_keeps_what_is_lent(cast: Cast) -> None:
    held = cast.claim(cast.workers[0]).assignment
    pause_project(project=cast.project, actor=cast.owner)
    with pytest.raises(ProjectClosed):
        cast.claim(cast.workers[1])
    assert cast.claim(cast.workers[0]).assignment == held


def test_the_budget_covers_exactly_what_is_claimed() -> None:
    cast = make_cast(tasks=5, price_micros=20_000, budget_micros=50_000)
    assert [cast.claim(worker).state for worker in cast.workers[:2]] == ["assigned", "assigned"]
    with pytest.raises(BudgetExhausted):
        cast.claim(cast.workers[2])
    assert sum(BudgetShard.objects.values_list("left_micros", flat=True)) == 10_000
    assert sum(Task.objects.values_list("open_slots", flat=True)) == 5 * 2 - 2  # the refused claim took no place


def test_an_expired_lease_gives_its_money_back() -> None:
    cast = make_cast(price_micros=20_000, budget_micros=20_000)
    assignment = cast.claim(cast.workers[0]).assignment
    assert assignment is not None
    expire(assignment)
    assert sum(BudgetShard.objects.values_list("left_micros", flat=True)) == 20_000
    assert cast.claim(cast.workers[1]).state == "assigned"


def test_a_model_takes_no_place_and_no_money_and_sees_every_task_once(cast: Cast) -> None:
    (added,) = add_workers(
        project=cast.project, workers=[NewWorker(name="vader", kind=WorkerKind.FUNCTION)], actor=cast.owner
    )
    keys = [cast.answer(added.worker).answer.task.key for _ in range(2)]
    assert keys == ["t1", "t2"]
    assert cast.claim(added.worker).state == "finished"
    assert set(Task.objects.values_list("open_slots", flat=True)) == {2}
    assert cast.project.transactions.count() == 0


def test_a_model_gets_back_the_task_that_it_let_go(cast: Cast) -> None:
    (added,) = add_workers(
        project=cast.project, workers=[NewWorker(name="vader", kind=WorkerKind.FUNCTION)], actor=cast.owner
    )
    first = cast.claim(added.worker).assignment
    assert first is not None
    expire(first)
    keys = [cast.answer(added.worker).answer.task.key for _ in range(2)]
    assert keys == ["t2", "t1"]


def test_gold_takes_no_place(cast: Cast) -> None:
    cast.gold(1)
    cast.configure(gold_rate=1.0)
    claim = cast.claim()
    assert claim.assignment is not None
    assert (claim.assignment.is_gold, claim.assignment.holds_place) == (True, False)
    assert set(Task.objects.exclude(state=TaskState.GOLD).values_list("open_slots", flat=True)) == {2}


def test_gold_comes_once_per_worker_and_least_used_first(cast: Cast) -> None:
    golds = cast.gold(3)
    cast.configure(gold_rate=1.0)
    seen = [cast.answer(cast.worker).answer.task_id for _ in range(3)]
    assert sorted(seen) == [gold.task_id for gold in golds]
    fresh = cast.gold(1)[-1]
    first = cast.answer(cast.workers[1]).answer.task_id
    assert first == fresh.task_id


def test_gold_never_comes_after_the_real_tasks_are_done(cast: Cast) -> None:
    for _ in range(2):
        cast.answer(cast.worker)
    cast.gold(5)
    cast.configure(gold_rate=1.0)
    assert cast.claim(cast.worker).state == "finished"
