"""Lets workers contest a restriction or suspension, and somebody else decide it; silence decides for the worker."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import AppealState, EventKind, TrustLevel
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Project, Restitution, TrustAppeal, TrustChange, User, Worker
from crowd.policies.pay import MAX_REASON
from crowd.policies.trust_replay import CONTESTABLE, FREEDOM
from crowd.services.events import record_event
from crowd.services.pay_terms import terms_of
from crowd.services.restitution import overturn_change

BATCH = 200
SILENCE = "nobody decided in time: silence decides for the worker"


def appeal_change(*, worker: Worker, change_uid: uuid.UUID, reason: str) -> TrustAppeal:
    """Contest a decision about oneself; again returns the appeal that is there. The periods are those of pay.

    Raises NotFound, InvalidInput (no reason), Conflict (no burden, overturned already, or the time is over).
    """
    _check_reason(reason, "say what was wrong with the decision")
    change = TrustChange.objects.select_related("project").filter(uid=change_uid, worker=worker).first()
    if change is None:
        raise NotFound("there is no such decision about you")
    earlier = TrustAppeal.objects.filter(change=change).first()
    if earlier is not None:
        return earlier
    now, terms = timezone.now(), terms_of(change.project)
    before, to = TrustLevel(change.from_level), TrustLevel(change.to_level)
    if to not in CONTESTABLE or FREEDOM[to] >= FREEDOM[before]:
        raise Conflict("only a restriction or a suspension can be appealed")
    if Restitution.objects.filter(change=change).exists():
        raise Conflict("this decision has been overturned already; there is nothing to appeal")
    if terms.appeal_until(change.created_at) < now:
        raise Conflict("the time to appeal is over; ask the project's manager")
    try:
        with transaction.atomic():
            appeal = TrustAppeal.objects.create(
                change=change,
                imposed_by=change.actor,
                reason=reason.strip(),
                opened_at=now,
                answer_by=terms.judge_by(now),
            )
            record_event(
                kind=EventKind.APPEAL_OPENED,
                project=change.project,
                actor=worker.user,
                worker=worker,
                subject=appeal.uid,
                detail={"change": str(change_uid), "reason": reason.strip()},
                at=now,
            )
    except IntegrityError:
        # Sent twice at once: the other one made it.
        return TrustAppeal.objects.get(change=change)
    return appeal


def decide_trust_appeal(
    *, project: Project, appeal_uid: uuid.UUID, judge: User, is_granted: bool, reason: str
) -> TrustAppeal:
    """Grant an appeal, which overturns the decision, or deny it; the same decision again is replayed.

    Raises NotFound, InvalidInput (no reason), Conflict (decided otherwise, or the judge decided it or is the worker).
    """
    _check_reason(reason, "say why; the worker is shown it")
    asked = AppealState.GRANTED if is_granted else AppealState.DENIED
    with transaction.atomic():
        rows = TrustAppeal.objects.select_related("change__worker", "change__project")
        appeal = rows.filter(uid=appeal_uid, change__project=project).first()
        if appeal is None:
            raise NotFound("there is no such appeal in this project")
        if appeal.imposed_by_id == judge.pk:
            raise Conflict("this was your decision; somebody else must judge the appeal")
        if appeal.change.worker.user_id == judge.pk:
            raise Conflict("this is about yourself; somebody else must judge the appeal")
        if not _decide(appeal, asked, judge, reason.strip(), timezone.now()):
            appeal.refresh_from_db()
            if (appeal.state, appeal.decided_by_id) != (asked, judge.pk):
                raise Conflict(f"this appeal is {appeal.state} already; the first decision stands")
        return appeal


def grant_unjudged(*, now: datetime | None = None) -> int:
    """Grant the appeals against decisions that nobody judged in time; returns how many."""
    at = now or timezone.now()
    due = TrustAppeal.objects.filter(state=AppealState.OPEN, answer_by__lt=at).order_by("answer_by")
    granted = 0
    for appeal in list(due.select_related("change__worker", "change__project")[:BATCH]):
        with transaction.atomic():
            granted += _decide(appeal, AppealState.GRANTED, None, SILENCE, at)
    return granted


def _decide(appeal: TrustAppeal, state: AppealState, judge: User | None, reason: str, at: datetime) -> bool:
    """False when somebody was first: the guarded update lets one judge, or silence, decide."""
    decided = {"state": state, "decided_at": at, "decided_by": judge, "decision": reason}
    if not TrustAppeal.objects.filter(pk=appeal.pk, state=AppealState.OPEN).update(**decided):
        return False
    change = appeal.change
    if state == AppealState.GRANTED:
        overturn_change(project=change.project, change_uid=change.uid, reason=reason, actor=judge)
    record_event(
        kind=EventKind.APPEAL_DECIDED,
        project=change.project,
        actor=judge,
        worker=change.worker,
        subject=appeal.uid,
        detail={"outcome": state, "reason": reason, "change": str(change.uid)},
        at=at,
    )
    appeal.refresh_from_db()
    return True


def _check_reason(reason: str, detail: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON:
        raise InvalidInput(
            "the reason is missing or too long; nothing was changed",
            problems=(FieldProblem("/reason", f"{detail}, in 1 to {MAX_REASON} characters"),),
        )
