"""Lends tasks to workers: claim, release, skip, renew, expire."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from crowd.enums import AssignmentState, EventKind, ProjectState, TaskState, TrustLevel
from crowd.errors import NotEnrolled, NotFound, ProjectClosed, StaleLease, WorkerSuspended
from crowd.models import Assignment, BudgetShard, Enrolment, Gold, Project, Task, Worker
from crowd.policies.idle import stands_for
from crowd.policies.votes import takes_place
from crowd.queries.tasks import Walk, has_opened_since, has_unfinished, pick_next_for_model, pick_open_task
from crowd.services import one_call
from crowd.services.budgets import give_back, reserve
from crowd.services.consents import require_consent
from crowd.services.eligibility import check_eligibility
from crowd.services.events import record_event
from crowd.services.gold_draws import draw_gold, random_start
from crowd.services.locks import lock_worker
from crowd.services.prices import note_quote, quote_claim
from crowd.services.rules import apply_rules

WAIT_SECONDS = 2
# A task may be opened by a transaction that commits after a worker was told that there is nothing.
COMMIT_MARGIN = timedelta(seconds=5)


@dataclass(frozen=True)
class Claim:
    """A task, or why there is none: ``wait`` (others hold the places) or ``finished`` (nothing will come)."""

    state: Literal["assigned", "wait", "finished"]
    assignment: Assignment | None = None
    retry_after_seconds: int | None = None


def claim_task(*, project_uid: uuid.UUID, worker: Worker) -> Claim:
    """Lend the worker the next task of the project, or the one that the worker already holds.

    Raises NotFound, NotEnrolled, ConsentNeeded, WorkerSuspended, NotEligible, ProjectClosed, BudgetExhausted.
    """
    require_consent(worker=worker)
    if one_call.is_available(worker):
        row = one_call.claim(project_uid=project_uid, worker=worker)
        if row is not None:
            return claim_of(row, project_uid, worker)
    with transaction.atomic():
        lock_worker(worker.pk)
        now = timezone.now()
        mine = Enrolment.objects.select_related("project__requirements")
        enrolment = mine.filter(project__uid=project_uid, worker=worker).first()
        if enrolment is None:
            if Project.objects.filter(uid=project_uid).exists():
                raise NotEnrolled("you are not enrolled on this project; ask its manager for access")
            raise NotFound("there is no such project")
        project = enrolment.project
        if enrolment.trust_level == TrustLevel.SUSPENDED:
            raise WorkerSuspended("your work on this project is suspended; the reason is among your notices")
        live = _live_assignment(project, worker, now)
        if live is not None:
            return Claim("assigned", live)
        if project.state != ProjectState.LIVE:
            raise ProjectClosed(f"the project is {project.state}; it hands out tasks only while it is live")
        check_eligibility(enrolment=enrolment, now=now)
        return _claim_new(project, enrolment, worker, now)


def claim_of(row: one_call.ClaimRow, project_uid: uuid.UUID, worker: Worker) -> Claim:
    """The reply that a row of the hot path stands for."""
    match row[0]:
        case "assigned":
            return Claim("assigned", one_call.assignment_of(row, project_uid, worker))
        case "finished":
            return Claim("finished")
        case "nothing":
            enrolment = Enrolment.objects.get(project__uid=project_uid, worker=worker)
            return _nothing(enrolment, worker, since=row[8])
        case _:
            return Claim("wait", retry_after_seconds=WAIT_SECONDS)


def release_assignment(*, assignment_uid: uuid.UUID, worker: Worker) -> Assignment:
    """Give an unfinished task back; it may come again. Raises NotFound, StaleLease."""
    return _end_early(assignment_uid, worker, AssignmentState.RELEASED, reason="")


def skip_assignment(*, assignment_uid: uuid.UUID, worker: Worker, reason: str) -> Assignment:
    """Decline a task for good, with a reason. Raises NotFound, StaleLease."""
    assignment = _end_early(assignment_uid, worker, AssignmentState.SKIPPED, reason=reason)
    apply_rules(project=assignment.project, worker=worker)
    return assignment


def renew_assignment(*, assignment_uid: uuid.UUID, worker: Worker) -> Assignment:
    """A full lease from now on. Raises NotFound, StaleLease."""
    with transaction.atomic():
        assignment = _own_assignment(assignment_uid, worker)
        deadline = timezone.now() + timedelta(seconds=assignment.project.lease_seconds)
        active = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.ACTIVE)
        if not active.update(deadline=deadline):
            raise StaleLease("this assignment has ended; claim again, or submit what you have")
        assignment.deadline = deadline
        return assignment


def expire_assignment(*, assignment_id: int, now: datetime) -> bool:
    """Take back a lease whose deadline has passed; False when it ended otherwise in the meantime."""
    with transaction.atomic():
        assignment = Assignment.objects.select_related("project", "worker", "shard").get(pk=assignment_id)
        overdue = Assignment.objects.filter(pk=assignment_id, deadline__lt=now)
        if not end_lease(assignment, AssignmentState.EXPIRED, now, guard=overdue):
            return False
        record_event(
            kind=EventKind.LEASE_EXPIRED,
            project=assignment.project,
            worker=assignment.worker,
            subject=assignment.uid,
            at=now,
        )
        return True


def take_place(task_id: int) -> bool:
    """Take one open place of a task by a guarded update; False when none was left."""
    changed = Task.objects.filter(pk=task_id, is_open=True, open_slots__gt=0).update(
        open_slots=F("open_slots") - 1,
        is_open=Case(When(open_slots__gt=1, then=Value(True)), default=Value(False)),
    )
    return changed == 1


def _live_assignment(project: Project, worker: Worker, now: datetime) -> Assignment | None:
    live = (
        Assignment.objects.select_related("task", "project")
        .filter(project=project, worker=worker, state=AssignmentState.ACTIVE)
        .first()
    )
    if live is not None and live.deadline <= now:
        # Overdue but not swept: the place is still held, so the worker who asks for it gets a fresh lease.
        deadline = now + timedelta(seconds=project.lease_seconds)
        if not Assignment.objects.filter(pk=live.pk, state=AssignmentState.ACTIVE).update(deadline=deadline):
            return None
        live.deadline = deadline
    return live


def _claim_new(project: Project, enrolment: Enrolment, worker: Worker, now: datetime) -> Claim:
    in_overlap = takes_place(worker.kind)
    if in_overlap:
        if _still_nothing(project, enrolment, now):
            return _reply_nothing(enrolment.idle_reply)
        walk = Walk(enrolment.walk_priority, enrolment.walk_rnd)
        pick = pick_open_task(project_id=project.pk, worker_id=worker.pk, walk=walk, start=random_start())
        enrolment.walk_priority, enrolment.walk_rnd = pick.walk.priority, pick.walk.rnd
        if pick.task_id is None:
            enrolment.save(update_fields=["walk_priority", "walk_rnd"])
            return _nothing(enrolment, worker, since=now) if pick.is_exhausted else _reply_nothing("wait")
        task = Task.objects.get(pk=pick.task_id)
    else:
        next_task = pick_next_for_model(project, enrolment, worker)
        if next_task is None:
            return Claim("finished")
        task = next_task
        enrolment.cursor = max(enrolment.cursor, task.pk)
    gold = draw_gold(enrolment, worker)
    if gold is not None:
        task, in_overlap = gold.task, False
        Gold.objects.filter(pk=gold.pk).update(times_used=F("times_used") + 1)
    elif in_overlap and not take_place(task.pk):
        # The row is locked on PostgreSQL, the whole database on SQLite: the guard can only hold.
        raise AssertionError(f"task {task.pk} was picked and locked, but has no open place")
    quoted, rule = quote_claim(enrolment=enrolment, task=task, kind=worker.kind)
    shard = reserve(project=project, amount_micros=quoted.amount_micros)
    is_gold = gold is not None
    assignment = _lend(
        project, task, worker, now, is_gold=is_gold, in_overlap=in_overlap, shard=shard, price=quoted.amount_micros
    )
    note_quote(assignment=assignment, quoted=quoted, rule=rule)
    Enrolment.objects.filter(pk=enrolment.pk).update(
        claims=F("claims") + 1,
        gold_claims=F("gold_claims") + int(is_gold),
        cursor=enrolment.cursor,
        walk_priority=enrolment.walk_priority,
        walk_rnd=enrolment.walk_rnd,
        idle_until=None,
    )
    return Claim("assigned", assignment)


def _still_nothing(project: Project, enrolment: Enrolment, now: datetime) -> bool:
    if enrolment.idle_until is None or enrolment.idle_since is None or enrolment.idle_until <= now:
        return False
    return not has_opened_since(project, enrolment.idle_since - COMMIT_MARGIN)


def _nothing(enrolment: Enrolment, worker: Worker, *, since: datetime) -> Claim:
    """The reply to a worker who has looked at everything, remembered for a while where looking is dear."""
    reply = "wait" if has_unfinished(enrolment.project_id, worker) else "finished"
    stands = stands_for(enrolment.claims)
    if stands is not None:
        Enrolment.objects.filter(pk=enrolment.pk).update(
            idle_reply=reply, idle_since=since, idle_until=timezone.now() + stands
        )
    return _reply_nothing(reply)


def _reply_nothing(reply: str) -> Claim:
    return Claim("finished") if reply == "finished" else Claim("wait", retry_after_seconds=WAIT_SECONDS)


def _lend(
    project: Project,
    task: Task,
    worker: Worker,
    now: datetime,
    *,
    is_gold: bool,
    in_overlap: bool,
    shard: BudgetShard | None,
    price: int,
) -> Assignment:
    lease = {
        "state": AssignmentState.ACTIVE,
        "is_gold": is_gold,
        "holds_place": in_overlap,
        "reserved_micros": price,
        "shard": shard,
        "claimed_at": now,
        "deadline": now + timedelta(seconds=project.lease_seconds),
        "ended_at": None,
    }
    again = Assignment.objects.filter(
        task=task, worker=worker, state__in=[AssignmentState.EXPIRED, AssignmentState.RELEASED]
    )
    if again.update(**lease):
        return Assignment.objects.select_related("task", "project").get(task=task, worker=worker)
    assignment = Assignment(project=project, task=task, worker=worker, **lease)
    assignment.save(force_insert=True)
    return assignment


def _own_assignment(assignment_uid: uuid.UUID, worker: Worker) -> Assignment:
    assignment = (
        Assignment.objects.select_related("project", "task", "worker", "shard")
        .filter(uid=assignment_uid, worker=worker)
        .first()
    )
    if assignment is None:
        raise NotFound("there is no such assignment among yours")
    return assignment


def _end_early(assignment_uid: uuid.UUID, worker: Worker, state: AssignmentState, *, reason: str) -> Assignment:
    with transaction.atomic():
        lock_worker(worker.pk)
        now = timezone.now()
        assignment = _own_assignment(assignment_uid, worker)
        if not end_lease(assignment, state, now, guard=Assignment.objects.filter(pk=assignment.pk)):
            if assignment.state == state:
                return assignment  # a repeated call: done already
            raise StaleLease(f"this assignment is already {assignment.state}; there is nothing to give back")
        if state == AssignmentState.SKIPPED:
            record_event(
                kind=EventKind.TASK_SKIPPED,
                project=assignment.project,
                worker=worker,
                subject=assignment.uid,
                detail={"reason": reason},
                at=now,
            )
        return assignment


def end_lease(assignment: Assignment, state: AssignmentState, now: datetime, *, guard: QuerySet[Assignment]) -> bool:
    """End an active lease that passes the guard, in the caller's transaction; False when it has ended otherwise."""
    # Lock order: task before assignment.
    Task.objects.select_for_update(no_key=True).get(pk=assignment.task_id)
    if not guard.filter(state=AssignmentState.ACTIVE).update(state=state, ended_at=now):
        return False
    assignment.state, assignment.ended_at = state, now
    if assignment.holds_place:
        _free_place(assignment.task_id)
    give_back(shard=assignment.shard, amount_micros=assignment.reserved_micros)
    return True


def _free_place(task_id: int) -> None:
    reopened = Task.objects.filter(pk=task_id, state=TaskState.OPEN).update(
        open_slots=F("open_slots") + 1, is_open=True
    )
    if not reopened:
        # Completed or cancelled while it was lent: the place is no longer wanted.
        Task.objects.filter(pk=task_id).update(overlap=F("overlap") - 1)
