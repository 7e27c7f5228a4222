"""Turns what a rater said into a vote, an abstention or a listed failure, through the same services as people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import CallState, EventKind, FailureReason
from crowd.models import (
    Assignment,
    CachedVote,
    InjectionFlag,
    Rater,
    RaterCall,
    RaterRun,
    Task,
    VoteDetail,
    VoteFailure,
)
from crowd.raters.chat import Part
from crowd.raters.injection import find_injection
from crowd.raters.replies import read_replies
from crowd.raters.verdicts import RatingFailed, Verdict, text_of
from crowd.services.answers import submit_answer
from crowd.services.assignments import skip_assignment
from crowd.services.events import record_event
from crowd.services.served_models import check_served


@dataclass(frozen=True)
class Failure:
    """Why a payload got no verdict."""

    reason: FailureReason
    detail: str


def cached_vote(rater: Rater, payload_hash: str) -> CachedVote | None:
    """What the rater made of this payload before."""
    return CachedVote.objects.filter(rater=rater, payload_hash=payload_hash).first()


def keep_verdict(*, rater: Rater, payload_hash: str, verdict: Verdict, calls: Sequence[RaterCall] = ()) -> CachedVote:
    """Keep a verdict for all tasks with this payload; of two at once the first stands."""
    row, _ = CachedVote.objects.get_or_create(
        rater=rater,
        payload_hash=payload_hash,
        defaults={
            "label_index": verdict.label_index,
            "abstained_because": verdict.abstained_because,
            "probabilities": None if verdict.probabilities is None else list(verdict.probabilities),
            "label_mass": verdict.label_mass,
            "finish_reason": verdict.finish_reason[:40],
            "calls": len(calls),
            "input_tokens": sum(call.input_tokens or 0 for call in calls),
            "output_tokens": sum(call.output_tokens or 0 for call in calls),
            "cost_micros": sum(call.cost_micros for call in calls),
            "latency_seconds": sum(call.latency_seconds or 0.0 for call in calls),
            "created_at": timezone.now(),
        },
    )
    return row


def read_calls(*, rater: Rater, payload_hash: str, parts: Sequence[Part]) -> CachedVote | Failure | None:
    """What the calls of a payload amount to; None while some have not ended. Raises SnapshotChanged."""
    rows = {
        call.part: call
        for call in RaterCall.objects.filter(
            rater=rater, payload_hash=payload_hash, part__in=[part.name for part in parts]
        )
    }
    failed = next((call for call in rows.values() if call.state == CallState.FAILED), None)
    if failed is not None:
        return Failure(FailureReason(failed.error), failed.detail)
    if len(rows) < len(parts) or any(call.state != CallState.REPLIED for call in rows.values()):
        return None
    calls = [rows[part.name] for part in parts]
    # Here as well as when they come in: the process that received them may have died before it looked.
    check_served(rater=rater, replies=[call.reply or {} for call in calls])
    try:
        verdict = read_replies(parts, [call.reply or {} for call in calls])
    except RatingFailed as failure:
        return Failure(failure.reason, failure.detail)
    return keep_verdict(rater=rater, payload_hash=payload_hash, verdict=verdict, calls=calls)


def flag_injection(*, task: Task, evidence: Sequence[dict[str, Any]]) -> None:
    """Keep that a task's payload talks to the model, once, with what gave it away."""
    now = timezone.now()
    _, is_new = InjectionFlag.objects.get_or_create(
        task=task, defaults={"project_id": task.project_id, "evidence": list(evidence), "created_at": now}
    )
    if is_new:
        record_event(
            kind=EventKind.TASK_FLAGGED, project=task.project, subject=task.uid, detail={"evidence": list(evidence)}
        )


def suspicions_of(payload: Any, words: Sequence[str]) -> list[dict[str, Any]]:
    """The evidence that a payload talks to the model; empty for nearly all."""
    return [{"passage": found.passage, "why": found.why} for found in find_injection(text_of(payload), words)]


def hand_in(
    *,
    run: RaterRun,
    assignment: Assignment,
    outcome: CachedVote | Failure,
    is_fresh: bool,
    evidence: Sequence[dict[str, Any]] = (),
) -> None:
    """Submit the vote, or skip with the reason, with everything that belongs to it, in one transaction.

    Safe to repeat: a crash before the commit leaves the assignment live, and it is handed in again.
    """
    rater, worker, now = run.rater, run.rater.worker, timezone.now()
    with transaction.atomic():
        task = assignment.task
        found = list(evidence)
        if isinstance(outcome, CachedVote) and outcome.abstained_because == "aliases_disagree":
            found.append({"passage": "", "why": "two aliased prompts disagreed"})
        if found:
            flag_injection(task=task, evidence=found)
        if isinstance(outcome, Failure):
            skip_assignment(assignment_uid=assignment.uid, worker=worker, reason=f"no vote: {outcome.reason}")
            list_failure(run=run, task=task, failure=outcome)
            return
        answer = None
        if outcome.label_index is None:
            reason = f"abstained: {outcome.abstained_because}"
            skip_assignment(assignment_uid=assignment.uid, worker=worker, reason=reason)
        else:
            value = run.rater.project.label_values[outcome.label_index]
            answer = submit_answer(assignment_uid=assignment.uid, worker=worker, value=value).answer
        cost = outcome.cost_micros if is_fresh else 0
        VoteDetail.objects.create(
            project_id=task.project_id,
            rater=rater,
            run=run,
            task=task,
            assignment=assignment,
            answer=answer,
            cached_vote=outcome,
            group=rater.group,
            is_abstention=answer is None,
            probabilities=outcome.probabilities,
            label_mass=outcome.label_mass,
            finish_reason=outcome.finish_reason,
            input_tokens=outcome.input_tokens if is_fresh else 0,
            output_tokens=outcome.output_tokens if is_fresh else 0,
            cost_micros=cost,
            latency_seconds=outcome.latency_seconds if is_fresh else 0.0,
            is_cached=not is_fresh,
            created_at=now,
        )
        counted = {"votes" if answer is not None else "abstentions": 1, "cached": int(not is_fresh)}
        RaterRun.objects.filter(pk=run.pk).update(
            cost_micros=F("cost_micros") + cost, **{name: F(name) + by for name, by in counted.items()}
        )


def list_failure(*, run: RaterRun, task: Task, failure: Failure) -> None:
    """Keep that a task got no vote, with the reason."""
    with transaction.atomic():
        VoteFailure.objects.create(
            rater=run.rater, run=run, task=task, reason=failure.reason, detail=failure.detail, created_at=timezone.now()
        )
        RaterRun.objects.filter(pk=run.pk).update(failures=F("failures") + 1)


def is_first_use(outcome: CachedVote) -> bool:
    """Whether no vote was made of this verdict yet: its cost belongs to the first."""
    return not VoteDetail.objects.filter(cached_vote=outcome).exists()
