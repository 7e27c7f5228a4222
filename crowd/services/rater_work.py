"""Works off a rater's run, a slice of time after the other, under a lease on its row."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from crowd.enums import EventKind, FailureReason, RaterRunKind, RaterRunState, WorkerKind
from crowd.errors import DomainError, ProjectClosed
from crowd.models import Assignment, CachedVote, Rater, RaterRun, Task
from crowd.policies.call_pacing import FAILURES_IN_A_ROW
from crowd.queries.rater_tasks import tasks_ahead, tasks_left, upcoming_tasks
from crowd.raters.chat import ChatPlan, Part, parts_of
from crowd.raters.endpoint import CallFailed, Endpoint
from crowd.raters.verdicts import LocalRater, RatingFailed, Verdict, hash_payload
from crowd.services.assignments import claim_task
from crowd.services.events import record_event
from crowd.services.model_calls import Wanted, make_calls
from crowd.services.model_votes import (
    Failure,
    cached_vote,
    hand_in,
    is_first_use,
    keep_verdict,
    list_failure,
    read_calls,
    suspicions_of,
)
from crowd.services.rater_setup import endpoint_of, local_rater_of, plan_of

LEASE = timedelta(seconds=15)
RENEW_SECONDS = 3.0
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


class _Stop(Exception):
    """The slice is over: paused by us with a code, or by others with none."""

    def __init__(self, code: str = "", reason: str = "", *, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.wait = code, reason, wait


@dataclass
class _Desk:
    """A run at work, with what its rater needs."""

    run: RaterRun
    rater: Rater
    ends_at: float
    renewed_at: float
    plan: ChatPlan | None = None
    endpoint: Endpoint | None = None
    local: LocalRater | None = None
    in_a_row: int = 0
    # Why no more calls may be made, once that is known; verdicts that are there are still handed in.
    stop: tuple[str, str] | None = None


def work_on_run(*, run_id: int) -> bool:
    """Work on a run for a slice of time; True when there is more to do at once, False when another has the lease."""
    run = _take_lease(run_id)
    if run is None:
        return False
    began = time.monotonic()
    desk = _Desk(run, run.rater, ends_at=began + SLICE_SECONDS, renewed_at=began)
    wait = timedelta(0)
    try:
        _set_up(desk)
        if run.kind == RaterRunKind.PREVIEW:
            _preview(desk)
        else:
            wait = _vote(desk)
    except (CallFailed, RatingFailed) as failure:
        _pause(run, "cannot_start", failure.detail)
    except _Stop as stop:
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


def _goes_on(desk: _Desk) -> bool:
    """Whether the run is still ours and running; renews the lease now and then."""
    if time.monotonic() - desk.renewed_at < RENEW_SECONDS:
        return True
    desk.renewed_at = time.monotonic()
    return bool(
        RaterRun.objects.filter(pk=desk.run.pk, fence=desk.run.fence, state=RaterRunState.RUNNING).update(
            leased_until=timezone.now() + LEASE
        )
    )


def _check(desk: _Desk) -> None:
    if not _goes_on(desk) or time.monotonic() > desk.ends_at:
        raise _Stop


def _pause(run: RaterRun, code: str, reason: str) -> None:
    paused = RaterRun.objects.filter(pk=run.pk, fence=run.fence, state=RaterRunState.RUNNING).update(
        state=RaterRunState.PAUSED, pause_code=code, pause_reason=reason
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


def _set_up(desk: _Desk) -> None:
    if desk.rater.kind == WorkerKind.LLM:
        desk.plan, desk.endpoint = plan_of(desk.rater), endpoint_of(desk.rater)
    else:
        desk.local = local_rater_of(desk.rater)


def _preview(desk: _Desk) -> None:
    """Ask about the tasks of the preview, without a vote; their verdicts stay in the cache for the votes to come."""
    tasks = list(Task.objects.filter(pk__in=desk.run.task_ids).order_by("pk"))
    _look_up(desk, [task.payload for task in tasks])
    outcomes = [_outcome(desk, task.payload) for task in tasks]
    if desk.stop is not None:
        raise _Stop(*desk.stop)
    if any(outcome is None for outcome in outcomes):
        return  # paused or out of time: the next slice goes on
    now = timezone.now()
    RaterRun.objects.filter(pk=desk.run.pk, fence=desk.run.fence, state=RaterRunState.RUNNING).update(
        state=RaterRunState.FINISHED,
        ended_at=now,
        tasks_left=0,
        failures=sum(isinstance(outcome, Failure) for outcome in outcomes),
    )


def _vote(desk: _Desk) -> timedelta:
    """Claim and submit until nothing is left or the slice is over; how long to rest afterwards."""
    run, rater = desk.run, desk.rater
    if run.tasks_left == 0 and not tasks_ahead(rater):
        return IDLE
    is_finished = False
    try:
        while True:
            _check(desk)
            wave = upcoming_tasks(rater, limit=2 * rater.concurrency)
            _look_up(desk, [task.payload for task in wave])
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
        raise _Stop(refusal.code, refusal.detail) from refusal
    finally:
        # Only a claim knows that nothing is left: golds have pushed tasks back behind the cursor.
        left = 0 if is_finished else max(1, tasks_left(rater))
        RaterRun.objects.filter(pk=run.pk, fence=run.fence).update(tasks_left=left)


def _settle(desk: _Desk, assignment: Assignment) -> None:
    """Hand in what the rater makes of a claimed task."""
    payload = assignment.task.payload
    outcome = _outcome(desk, payload)
    if outcome is None:
        # Alone: what a whole wave set aside from the budget has been given back by now.
        _look_up(desk, [payload])
        outcome = _outcome(desk, payload)
    if outcome is None and desk.stop is not None:
        list_failure(run=desk.run, task=assignment.task, failure=Failure(FailureReason.OVER_BUDGET, desk.stop[1]))
        raise _Stop(*desk.stop)
    if outcome is None:
        raise _Stop  # the run was paused, or somebody else makes this call: the assignment stays live
    is_fresh = isinstance(outcome, CachedVote) and is_first_use(outcome)
    evidence = suspicions_of(payload, desk.plan.words) if desk.plan is not None else []
    hand_in(run=desk.run, assignment=assignment, outcome=outcome, is_fresh=is_fresh, evidence=evidence)
    is_endpoint = isinstance(outcome, Failure) and outcome.reason in OF_THE_ENDPOINT
    desk.in_a_row = desk.in_a_row + 1 if is_endpoint else 0
    if desk.in_a_row >= FAILURES_IN_A_ROW and isinstance(outcome, Failure):
        raise _Stop("endpoint_fails", f"{FAILURES_IN_A_ROW} votes in a row failed; the last: {outcome.detail}")


def _look_up(desk: _Desk, payloads: list[Any]) -> None:
    """Make the calls that these payloads still need, several at once."""
    if desk.plan is None or desk.endpoint is None:
        return
    wanted: dict[tuple[str, str], Wanted] = {}
    for payload in payloads:
        payload_hash = hash_payload(payload)
        if _refusal(desk, payload) is None and cached_vote(desk.rater, payload_hash) is None:
            for part in _parts(desk.plan, payload):
                wanted[(payload_hash, part.name)] = Wanted(payload_hash, part)
    if not wanted:
        return
    may_go_on: Callable[[], bool] = lambda: _goes_on(desk)  # noqa: E731
    outcome = make_calls(
        run=desk.run, rater=desk.rater, endpoint=desk.endpoint, wanted=list(wanted.values()), may_go_on=may_go_on
    )
    desk.stop = outcome.stop
    if outcome.wait_seconds:
        raise _Stop(wait=timedelta(seconds=outcome.wait_seconds))


def _outcome(desk: _Desk, payload: Any) -> CachedVote | Failure | None:
    """What the rater makes of a payload, from the cache, its rows or by itself; None while calls are missing."""
    payload_hash = hash_payload(payload)
    refused = _refusal(desk, payload)
    if refused is not None:
        return refused
    kept = cached_vote(desk.rater, payload_hash)
    if kept is not None:
        return kept
    if desk.plan is not None:
        return read_calls(rater=desk.rater, payload_hash=payload_hash, parts=_parts(desk.plan, payload))
    assert desk.local is not None
    try:
        verdict: Verdict = desk.local.rate(payload)
    except RatingFailed as failure:
        return Failure(failure.reason, failure.detail)
    return keep_verdict(rater=desk.rater, payload_hash=payload_hash, verdict=verdict)


def _refusal(desk: _Desk, payload: Mapping[str, Any]) -> Failure | None:
    """Why a payload is not even asked about: the prompt shows it with its label."""
    if desk.plan is None:
        return None
    shown = {hash_payload(shot.payload) for shot in desk.plan.shots}
    if hash_payload(payload) in shown:
        return Failure(FailureReason.IS_EXAMPLE, "the prompt shows this text as an example, with its label")
    return None


def _parts(plan: ChatPlan, payload: Mapping[str, Any]) -> list[Part]:
    return parts_of(plan, payload, is_suspect=bool(suspicions_of(payload, plan.words)))
