"""Raises flags from signals, and lets a manager dismiss or confirm them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind, FlagState
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Flag, Project, User
from crowd.policies.signals import Signal
from crowd.services.events import record_event

# For so long a decision holds: the evidence is of the last weeks, so that a new flag rests on new work.
DECISION_HOLDS = timedelta(days=28)
MAX_NOTE = 2000


def raise_flags(*, project: Project, signals: Sequence[Signal], at: datetime) -> int:
    """Write the signals as flags, in the caller's transaction; returns how many are new.

    An open flag of the same kind and workers gets the newer evidence. What a manager decided is left alone for four
    weeks. Safe to run twice: a week has one flag of a kind and worker.
    """
    monday = (at - timedelta(days=at.weekday())).date()
    known = {
        (flag.kind, flag.worker_id, flag.other_id): flag for flag in Flag.objects.filter(project=project).order_by("id")
    }
    new = 0
    for signal in signals:
        flag = known.get((signal.kind, signal.worker_id, signal.other_id))
        figures = {"evidence": signal.evidence, "p_value": signal.p_value, "updated_at": at}
        if flag is not None and flag.state == FlagState.OPEN:
            Flag.objects.filter(pk=flag.pk, state=FlagState.OPEN).update(**figures)
            continue
        if flag is not None and flag.decided_at is not None and flag.decided_at > at - DECISION_HOLDS:
            continue
        row, is_new = Flag.objects.get_or_create(
            project=project,
            kind=signal.kind,
            worker_id=signal.worker_id,
            other_id=signal.other_id,
            window=monday,
            defaults={**figures, "created_at": at},
        )
        if is_new:
            new += 1
            record_event(
                kind=EventKind.FLAG_RAISED,
                project=project,
                worker=row.worker,
                subject=row.uid,
                detail={"kind": row.kind, "evidence": row.evidence},
                at=at,
            )
    return new


def decide_flag(*, project: Project, flag_uid: uuid.UUID, state: FlagState, note: str, actor: User) -> Flag:
    """Dismiss or confirm a flag, with a note; nothing else follows from it. The same decision again is replayed.

    Raises NotFound, InvalidInput without a note, Conflict when it was decided otherwise or is about the actor.
    """
    if not note.strip() or len(note) > MAX_NOTE:
        raise InvalidInput(
            "the flag cannot be decided like this; nothing was changed",
            problems=(FieldProblem("/note", f"say why, in 1 to {MAX_NOTE} characters"),),
        )
    with transaction.atomic():
        now = timezone.now()
        flag = Flag.objects.select_related("worker", "other").filter(project=project, uid=flag_uid).first()
        if flag is None:
            raise NotFound("there is no such flag on this project")
        if actor.pk in (flag.worker.user_id, None if flag.other is None else flag.other.user_id):
            raise Conflict("this flag is about yourself; somebody else must decide it")
        decided = {"state": state, "note": note.strip(), "decided_by": actor, "decided_at": now}
        if not Flag.objects.filter(pk=flag.pk, state=FlagState.OPEN).update(**decided):
            flag.refresh_from_db()
            if (flag.state, flag.decided_by_id) == (state, actor.pk):
                return flag
            raise Conflict(f"the flag has been {flag.state} already; that decision stands")
        record_event(
            kind=EventKind.FLAG_DECIDED,
            project=project,
            worker=flag.worker,
            actor=actor,
            subject=flag.uid,
            detail={"kind": flag.kind, "state": state, "note": note.strip()},
            at=now,
        )
        flag.refresh_from_db()
        return flag
