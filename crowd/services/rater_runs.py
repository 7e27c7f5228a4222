"""Starts, pauses and resumes raters, and has failed votes tried again."""

from __future__ import annotations

import random

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from crowd.enums import AssignmentState, EventKind, FailureReason, RaterRunKind, RaterRunState
from crowd.errors import Conflict
from crowd.jobs import enqueue_rater
from crowd.models import Assignment, Project, Rater, RaterBatch, RaterRun, Task, User, VoteFailure
from crowd.queries.rater_tasks import OFFERED
from crowd.raters.verdicts import hash_payload
from crowd.services.events import record_event
from crowd.services.model_calls import reset_calls

MAX_PREVIEW = 20
# To be looked at first, so that a sample is drawn without reading a large project.
SAMPLED_FROM = 2_000


def launch_rater(*, rater: Rater, actor: User) -> RaterRun:
    """Let a rater vote on every task there is and every task that comes; a run that exists is resumed.

    Its votes stay in the shadow until the gate lets them count. Raises Conflict when another snapshot took over.
    """
    if Rater.objects.filter(replaces=rater).exists():
        raise Conflict("another rater took over from this one; launch the newest")
    run = _unfinished(rater, RaterRunKind.VOTES).first()
    if run is not None:
        return resume_rater(rater=rater, actor=actor)
    return _start(rater, RaterRunKind.VOTES, actor, [])


def preview_rater(*, rater: Rater, tasks: int, actor: User) -> RaterRun:
    """Ask a rater about some real tasks without a vote; what it says is kept for the votes to come.

    Tasks at random from the project's first ones, no golds. Raises Conflict while another preview runs, or when
    there are no tasks.
    """
    offered = Task.objects.filter(project=rater.project, state__in=OFFERED).order_by("pk")
    ids = list(offered.values_list("pk", flat=True)[:SAMPLED_FROM])
    if not ids:
        raise Conflict("the project has no tasks to try the rater on")
    return _start(rater, RaterRunKind.PREVIEW, actor, sorted(random.sample(ids, min(tasks, len(ids), MAX_PREVIEW))))


def pause_rater(*, rater: Rater, actor: User) -> RaterRun:
    """Make no more calls; those in the air are waited for. A repeated call changes nothing. Raises Conflict."""
    return _move(rater, RaterRunState.RUNNING, RaterRunState.PAUSED, EventKind.RATER_PAUSED, actor)


def resume_rater(*, rater: Rater, actor: User) -> RaterRun:
    """Go on where the rater was. A repeated call changes nothing. Raises Conflict when it was never launched."""
    with transaction.atomic():
        run = _move(rater, RaterRunState.PAUSED, RaterRunState.RUNNING, EventKind.RATER_LAUNCHED, actor)
        # What the budget did not cover is about to be asked again.
        VoteFailure.objects.filter(rater=rater, reason=FailureReason.OVER_BUDGET, retried_at__isnull=True).update(
            retried_at=timezone.now()
        )
        return run


def retry_failures(*, rater: Rater, actor: User) -> int:
    """Have every failed vote tried again, with new calls; returns how many. Raises Conflict without a launched run."""
    now = timezone.now()
    with transaction.atomic():
        run = _unfinished(rater, RaterRunKind.VOTES).select_for_update(no_key=True).first()
        if run is None:
            raise Conflict("launch the rater first")
        waiting = VoteFailure.objects.filter(rater=rater, retried_at__isnull=True).exclude(
            reason=FailureReason.IS_EXAMPLE
        )
        failures = list(waiting.select_related("task").order_by("pk"))
        for failure in failures:
            reset_calls(rater=rater, payload_hash=hash_payload(failure.task.payload))
        # The claim lends a released task again, a skipped one never.
        Assignment.objects.filter(
            worker=rater.worker, task__in=[failure.task_id for failure in failures], state=AssignmentState.SKIPPED
        ).update(state=AssignmentState.RELEASED)
        waiting.filter(pk__in=[failure.pk for failure in failures]).update(retried_at=now)
        RaterRun.objects.filter(pk=run.pk).update(tasks_left=None, look_at=now)
        if failures:
            record_event(
                kind=EventKind.FAILURES_RETRIED,
                project=rater.project,
                actor=actor,
                worker=rater.worker,
                subject=rater.uid,
                detail={"failures": len(failures)},
                at=now,
            )
            enqueue_rater(run.pk)
        return len(failures)


def cancel_batch(*, rater: Rater, actor: User) -> RaterRun:
    """Have the batch file that is on its way ended early; what is done by then is read, the rest is listed as failed.

    The rater pauses after that. A repeated call changes nothing. Raises Conflict when no batch is on its way.
    """
    with transaction.atomic():
        run = _unfinished(rater, RaterRunKind.VOTES).select_for_update(no_key=True).first()
        batch = RaterBatch.objects.filter(rater=rater, ended_at__isnull=True).first()
        if run is None or batch is None:
            raise Conflict("no batch of this rater is on its way")
        now = timezone.now()
        if RaterBatch.objects.filter(pk=batch.pk, cancel_asked_at__isnull=True).update(cancel_asked_at=now):
            _record(rater, EventKind.RATER_BATCH_CANCELLED, actor, {"batch": str(batch.uid)})
        # A paused rater is woken for this: only a run that goes on talks to the host.
        RaterRun.objects.filter(pk=run.pk).update(
            state=RaterRunState.RUNNING, pause_code="", pause_reason="", look_at=now
        )
        enqueue_rater(run.pk)
        run.refresh_from_db()
        return run


def _unfinished(rater: Rater, kind: RaterRunKind) -> QuerySet[RaterRun]:
    return RaterRun.objects.filter(rater=rater, kind=kind).exclude(state=RaterRunState.FINISHED)


def _start(rater: Rater, kind: RaterRunKind, actor: User, task_ids: list[int]) -> RaterRun:
    now = timezone.now()
    try:
        with transaction.atomic():
            run = RaterRun.objects.create(
                rater=rater, kind=kind, task_ids=task_ids, look_at=now, started_by=actor, created_at=now
            )
            _record(rater, EventKind.RATER_LAUNCHED, actor, {"run": kind.value})
    except IntegrityError as error:
        raise Conflict(f"a run of this rater ({kind}) is under way; wait for it or pause it") from error
    enqueue_rater(run.pk)
    return run


def _move(rater: Rater, before: RaterRunState, after: RaterRunState, kind: EventKind, actor: User) -> RaterRun:
    with transaction.atomic():
        run = _unfinished(rater, RaterRunKind.VOTES).select_for_update(no_key=True).first()
        if run is None:
            raise Conflict("this rater was not launched")
        if run.state == before:
            now = timezone.now()
            # A resumed run looks afresh: what it held or left behind counts again.
            RaterRun.objects.filter(pk=run.pk).update(
                state=after, pause_code="", pause_reason="", tasks_left=None, look_at=now
            )
            _record(rater, kind, actor, {"run": RaterRunKind.VOTES.value})
            if after == RaterRunState.RUNNING:
                enqueue_rater(run.pk)
            run.refresh_from_db()
        return run


def _record(rater: Rater, kind: EventKind, actor: User, detail: dict[str, str]) -> None:
    project: Project = rater.project
    record_event(kind=kind, project=project, actor=actor, worker=rater.worker, subject=rater.uid, detail=detail)
