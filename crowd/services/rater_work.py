"""Works off a rater's run, a slice of time after the other, under a lease on its row."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from crowd.enums import EventKind, FailureReason, RaterRunKind, RaterRunState
from crowd.errors import DomainError, ProjectClosed
from crowd.models import Assignment, CachedVote, RaterRun, Task
from crowd.policies.call_pacing import FAILURES_IN_A_ROW
from crowd.queries.rater_tasks import tasks_ahead, tasks_left, upcoming_tasks
from crowd.raters.endpoint import CallFailed
from crowd.raters.verdicts import RatingFailed
from crowd.services.assignments import claim_task, release_assignment
from crowd.services.events import record_event
from crowd.services.model_votes import Failure, hand_in, is_first_use, list_failure, suspicions_of
from crowd.services.rater_desk import (
    LEASE,
    Desk,
    Stop,
    bring_batch,
    goes_on,
    look_up,
    outcome_of,
    set_up,
)
from crowd.services.served_models import SnapshotChanged

SLICE_SECONDS = 20.0
IDLE = timedelta(seconds=15)
CLOSED = timedelta(seconds=60)
# Of these so many in a row end a run: it is the endpoint that fails, not the tasks.
OF_THE_ENDPOINT = {
    FailureReason.TIMEOUT,
    FailureReason.UNREACHABLE,
    FailureReason.RATE_LIMITED,
    FailureReason.SERVER_ERROR,
    FailureReason.REJECTED,
}


def work_on_run(*, run_id: int) -> bool:
    """Work on a run for a slice of time; True when there is more to do at once, False when another has the lease."""
    run = _take_lease(run_id)
    if run is None:
        return False
    began = time.monotonic()
    desk = Desk(run, run.rater, ends_at=began + SLICE_SECONDS, renewed_at=began)
    wait = timedelta(0)
    try:
        set_up(desk)
        if run.kind == RaterRunKind.PREVIEW:
            _preview(desk)
        else:
            wait = _vote(desk)
    except (CallFailed, RatingFailed) as failure:
        _pause(run, "cannot_start", failure.detail)
    except SnapshotChanged as change:
        _pause(run, "snapshot_changed", change.detail)
    except Stop as stop:
        wait = stop.wait or timedelta(0)
        if stop.code:
            _pause(run, stop.code, stop.reason)
    except Exception:
        # Not ours to mend: the log has it, and the sweep tries again, but not at once.
        wait = CLOSED
        raise
    finally:
        if desk.endpoint is not None:
            desk.endpoint.close()
        _give_back(run, began, wait)
    return RaterRun.objects.filter(pk=run_id, state=RaterRunState.RUNNING, look_at__lte=timezone.now()).exists()


def _take_lease(run_id: int) -> RaterRun | None:
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    taken = RaterRun.objects.filter(free, pk=run_id, state=RaterRunState.RUNNING, look_at__lte=now).update(
        leased_until=now + LEASE, fence=F("fence") + 1
    )
    if not taken:
        return None
    return RaterRun.objects.select_related("rater__project", "rater__worker", "rater__prompt").get(pk=run_id)


def _give_back(run: RaterRun, began: float, wait: timedelta) -> None:
    now = timezone.now()
    RaterRun.objects.filter(pk=run.pk, fence=run.fence).update(
        leased_until=None, look_at=now + wait, busy_seconds=F("busy_seconds") + (time.monotonic() - began)
    )


def _check(desk: Desk) -> None:
    if not goes_on(desk) or time.monotonic() > desk.ends_at:
        raise Stop


def _pause(run: RaterRun, code: str, reason: str) -> None:
    # A preview that cannot go on is over, so that the next can be asked for.
    is_preview = run.kind == RaterRunKind.PREVIEW
    paused = RaterRun.objects.filter(pk=run.pk, fence=run.fence, state=RaterRunState.RUNNING).update(
        state=RaterRunState.FINISHED if is_preview else RaterRunState.PAUSED,
        ended_at=timezone.now() if is_preview else None,
        pause_code=code,
        pause_reason=reason,
    )
    if paused:
        detail = {"code": code, "reason": reason}
        record_event(
            kind=EventKind.RATER_PAUSED,
            project=run.rater.project,
            worker=run.rater.worker,
            subject=run.rater.uid,
            detail=detail,
        )


def _preview(desk: Desk) -> None:
    """Ask about the tasks of the preview, without a vote; their verdicts stay in the cache for the votes to come."""
    tasks = list(Task.objects.filter(pk__in=desk.run.task_ids).order_by("pk"))
    look_up(desk, [task.payload for task in tasks])
    outcomes = [outcome_of(desk, task.payload) for task in tasks]
    if desk.stop is not None:
        raise Stop(*desk.stop)
    if any(outcome is None for outcome in outcomes):
        return  # paused or out of time: the next slice goes on
    now = timezone.now()
    RaterRun.objects.filter(pk=desk.run.pk, fence=desk.run.fence, state=RaterRunState.RUNNING).update(
        state=RaterRunState.FINISHED,
        ended_at=now,
        tasks_left=0,
        failures=sum(isinstance(outcome, Failure) for outcome in outcomes),
    )


def _vote(desk: Desk) -> timedelta:
    """Claim and submit until nothing is left or the slice is over; how long to rest afterwards."""
    run, rater = desk.run, desk.rater
    bring_batch(desk)
    if run.tasks_left == 0 and not tasks_ahead(rater):
        return IDLE
    is_finished = False
    try:
        while True:
            _check(desk)
            # From a file one after the other: a claim that it does not answer would only be given back.
            wave = upcoming_tasks(rater, limit=1 if rater.is_batched else 2 * rater.concurrency)
            if not rater.is_batched:
                look_up(desk, [task.payload for task in wave])
            elif wave and outcome_of(desk, wave[0].payload) is None:
                bring_batch(desk, is_needed=True)
            # As many claims as were looked up, and as many golds as come up among them.
            for _ in range(max(1, len(wave))):
                _check(desk)
                claim = claim_task(project_uid=rater.project.uid, worker=rater.worker)
                if claim.assignment is None:
                    is_finished = True
                    return IDLE
                _settle(desk, claim.assignment)
    except ProjectClosed:
        return CLOSED
    except DomainError as refusal:
        raise Stop(refusal.code, refusal.detail) from refusal
    finally:
        # Only a claim knows that nothing is left: golds have pushed tasks back behind the cursor.
        left = 0 if is_finished else max(1, tasks_left(rater))
        RaterRun.objects.filter(pk=run.pk, fence=run.fence).update(tasks_left=left)


def _settle(desk: Desk, assignment: Assignment) -> None:
    """Hand in what the rater makes of a claimed task."""
    payload = assignment.task.payload
    outcome = outcome_of(desk, payload)
    if outcome is None and desk.rater.is_batched:
        # Given back, since a lease is shorter than a batch; the next file asks about it with all that come after.
        release_assignment(assignment_uid=assignment.uid, worker=desk.rater.worker)
        bring_batch(desk, is_needed=True, also=assignment.task)
        raise Stop  # it has come back at once
    if outcome is None:
        # Alone: what a whole wave set aside from the budget has been given back by now.
        look_up(desk, [payload])
        outcome = outcome_of(desk, payload)
    if outcome is None and desk.stop is not None:
        list_failure(run=desk.run, task=assignment.task, failure=Failure(FailureReason.OVER_BUDGET, desk.stop[1]))
        raise Stop(*desk.stop)
    if outcome is None:
        raise Stop  # the run was paused, or somebody else makes this call: the assignment stays live
    is_fresh = isinstance(outcome, CachedVote) and is_first_use(outcome)
    evidence = suspicions_of(payload, desk.plan.words) if desk.plan is not None else []
    hand_in(run=desk.run, assignment=assignment, outcome=outcome, is_fresh=is_fresh, evidence=evidence)
    # A batch file has ended by now: its failures are listed, and stop nothing.
    is_endpoint = isinstance(outcome, Failure) and outcome.reason in OF_THE_ENDPOINT and not desk.rater.is_batched
    desk.in_a_row = desk.in_a_row + 1 if is_endpoint else 0
    if desk.in_a_row >= FAILURES_IN_A_ROW and isinstance(outcome, Failure):
        raise Stop("endpoint_fails", f"{FAILURES_IN_A_ROW} votes in a row failed; the last: {outcome.detail}")
