"""Lets workers contest a rejection, and somebody else than the rejecter decide it; silence decides for the worker."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import AppealState, EventKind, PayState
from crowd.errors import AppealExists, Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Appeal, PayReview, Project, User, Worker
from crowd.policies.pay import MAX_REASON
from crowd.services.events import record_event
from crowd.services.pay_review import make_final, reinstate
from crowd.services.pay_terms import terms_of

BATCH = 200
SILENCE = "nobody decided in time: silence decides for the worker"


def appeal_rejection(*, worker: Worker, answer_uid: uuid.UUID, reason: str) -> Appeal:
    """Contest the rejection of one's own answer; again with the same reason returns the appeal that is there.

    Raises NotFound, InvalidInput (no reason), AppealExists (with another reason), Conflict (not rejected, or the time
    to appeal is over).
    """
    _check_reason(reason, "say what was wrong with the rejection")
    with transaction.atomic():
        now = timezone.now()
        review = (
            PayReview.objects.select_for_update(no_key=True, of=("self",))
            .select_related("project", "answer")
            .filter(answer__uid=answer_uid, worker=worker)
            .first()
        )
        if review is None:
            raise NotFound("there is no such answer among yours")
        earlier = Appeal.objects.filter(review=review, round=review.round).first()
        if earlier is not None:
            if earlier.reason != reason:
                raise AppealExists(
                    "you appealed against this rejection already; your first reason is the one that is judged"
                )
            return earlier
        if review.state != PayState.REJECTED or review.appeal_until is None or review.decided_by is None:
            raise Conflict(f"the pay of this answer is {review.state}; there is nothing to appeal")
        if review.appeal_until < now:
            raise Conflict("the time to appeal is over; ask the project's manager")
        review.state = PayState.APPEALED
        review.save(update_fields=["state"])
        appeal = Appeal.objects.create(
            review=review,
            round=review.round,
            rejected_by=review.decided_by,
            reason=reason,
            opened_at=now,
            answer_by=terms_of(review.project).judge_by(now),
        )
        record_event(
            kind=EventKind.APPEAL_OPENED,
            project=review.project,
            actor=worker.user,
            worker=worker,
            subject=appeal.uid,
            detail={"answer": str(answer_uid), "reason": reason},
            at=now,
        )
        return appeal


def decide_appeal(*, project: Project, appeal_uid: uuid.UUID, judge: User, is_granted: bool, reason: str) -> Appeal:
    """Grant an appeal, which pays the answer, or deny it, which ends the matter; the same decision again is replayed.

    Raises NotFound, InvalidInput (no reason), Conflict (decided otherwise, the judge rejected it or did the work).
    """
    _check_reason(reason, "say why; the worker is shown it")
    with transaction.atomic():
        appeal = _locked(project, appeal_uid)
        asked = AppealState.GRANTED if is_granted else AppealState.DENIED
        if appeal.state != AppealState.OPEN:
            if appeal.state == asked and appeal.decided_by_id == judge.pk:
                return appeal
            raise Conflict(f"this appeal is {appeal.state} already; the first decision stands")
        if appeal.rejected_by_id == judge.pk:
            raise Conflict("you rejected this answer; somebody else must judge the appeal")
        if appeal.review.worker.user_id == judge.pk:
            raise Conflict("this is your own work; somebody else must judge the appeal")
        now = timezone.now()
        return _decide(appeal, asked, judge, reason, now)


def grant_unanswered(*, now: datetime | None = None) -> int:
    """Grant the appeals that nobody decided in time; returns how many."""
    at = now or timezone.now()
    due = Appeal.objects.filter(state=AppealState.OPEN, answer_by__lt=at).order_by("answer_by")
    granted = 0
    for uid, project in [(row.uid, row.review.project) for row in due.select_related("review__project")[:BATCH]]:
        with transaction.atomic():
            appeal = _locked(project, uid)
            if appeal.state == AppealState.OPEN:
                _decide(appeal, AppealState.GRANTED, None, SILENCE, at)
                granted += 1
    return granted


def _decide(appeal: Appeal, state: AppealState, judge: User | None, reason: str, at: datetime) -> Appeal:
    review = appeal.review
    Appeal.objects.filter(pk=appeal.pk).update(state=state, decided_at=at, decided_by=judge, decision=reason)
    if state == AppealState.GRANTED:
        reinstate(review=review, actor=judge, reason=reason, evidence={"appeal": str(appeal.uid)}, at=at)
    else:
        make_final(review=review)
    record_event(
        kind=EventKind.APPEAL_DECIDED,
        project=review.project,
        actor=judge,
        worker=review.worker,
        subject=appeal.uid,
        detail={"outcome": state, "reason": reason},
        at=at,
    )
    appeal.refresh_from_db()
    return appeal


def _locked(project: Project, appeal_uid: uuid.UUID) -> Appeal:
    # The review is the lock: whatever else moves the pay of this answer waits here.
    found = Appeal.objects.filter(uid=appeal_uid, review__project=project).values_list("review_id", flat=True).first()
    if found is None:
        raise NotFound("there is no such appeal in this project")
    review = (
        PayReview.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project", "worker", "answer__project", "answer__worker", "shard")
        .get(pk=found)
    )
    appeal = Appeal.objects.get(uid=appeal_uid)
    appeal.review = review
    return appeal


def _check_reason(reason: str, detail: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON:
        raise InvalidInput(
            "the reason is missing or too long; nothing was changed",
            problems=(FieldProblem("/reason", f"{detail}, in 1 to {MAX_REASON} characters"),),
        )
