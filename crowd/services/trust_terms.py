"""Ends trust levels when their time is up, and lets a manager set one by hand."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import TrustLevel
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Enrolment, Project, TrustChange, User, WorkTerms
from crowd.policies.trust import TrustDecision
from crowd.policies.trust_replay import EXPIRY_RULE, FREEDOM, MANUAL_RULE
from crowd.services.trust import begin_anew, change_trust
from crowd.times import zulu

BATCH = 200
MAX_DAYS = 3650


def set_trust(
    *, project: Project, worker_uid: uuid.UUID, level: TrustLevel, reason: str, actor: User, days: int | None = None
) -> TrustChange:
    """Set a worker's level by hand, with a reason; another call reverses it.

    ``days``: the level ends by itself. Raises NotFound, InvalidInput without a reason, Conflict when it is the level
    already.
    """
    problems = []
    if not reason.strip():
        problems.append(FieldProblem("/reason", "give the reason; the worker is shown it"))
    if days is not None and not (1 <= days <= MAX_DAYS and level in (TrustLevel.RESTRICTED, TrustLevel.SUSPENDED)):
        problems.append(FieldProblem("/days", f"1 to {MAX_DAYS}, for a restriction or a suspension only"))
    if problems:
        raise InvalidInput("the level cannot be set like this; nothing was changed", problems=tuple(problems))
    with transaction.atomic():
        now = timezone.now()
        enrolment = _locked(project=project, worker__uid=worker_uid)
        if enrolment is None:
            raise NotFound("there is no such worker on this project")
        before = TrustLevel(enrolment.trust_level)
        if before == level:
            raise Conflict(f"the worker is {level} already; nothing was changed")
        if FREEDOM[level] > FREEDOM[before]:
            begin_anew(enrolment=enrolment, at=now)
        decision = TrustDecision(level, reason.strip(), {"by": "hand"}, days=days)
        return change_trust(
            enrolment=enrolment, decision=decision, at=now, rule=MANUAL_RULE, rule_version=1, actor=actor
        )


def warn_worker(*, project: Project, worker_uid: uuid.UUID, reason: str, actor: User) -> TrustChange:
    """Warn a worker by hand: the level stays, the worker is told. Raises NotFound, InvalidInput without a reason.

    Conflict where it says nothing new: the worker is warned already, or suspended.
    """
    if not reason.strip():
        problem = FieldProblem("/reason", "give the reason; the worker is shown it")
        raise InvalidInput("the worker cannot be warned like this; nothing was changed", problems=(problem,))
    with transaction.atomic():
        now = timezone.now()
        enrolment = _locked(project=project, worker__uid=worker_uid)
        if enrolment is None:
            raise NotFound("there is no such worker on this project")
        level = TrustLevel(enrolment.trust_level)
        if level == TrustLevel.SUSPENDED or WorkTerms.objects.filter(enrolment=enrolment, is_warned=True).exists():
            raise Conflict("the worker is warned or suspended already; nothing was changed")
        decision = TrustDecision(level, reason.strip(), {"by": "hand"})
        return change_trust(
            enrolment=enrolment, decision=decision, at=now, rule=MANUAL_RULE, rule_version=1, actor=actor
        )


def expire_levels(*, now: datetime | None = None) -> int:
    """End the levels whose time is up: the worker is new again, and so is the sequential test; returns how many."""
    at = now or timezone.now()
    due = WorkTerms.objects.filter(level_until__lte=at).order_by("level_until").values_list("enrolment_id", flat=True)
    return sum(_expire(enrolment_id, at) for enrolment_id in list(due[:BATCH]))


def _expire(enrolment_id: int, at: datetime) -> bool:
    with transaction.atomic():
        enrolment = _locked(pk=enrolment_id)
        terms = WorkTerms.objects.filter(enrolment_id=enrolment_id, level_until__lte=at).first()
        if enrolment is None or terms is None:
            return False  # another process was here first
        begin_anew(enrolment=enrolment, at=at)
        assert terms.level_until is not None
        ended = zulu(terms.level_until)
        decision = TrustDecision(
            TrustLevel.NEW, f"the level {enrolment.trust_level} has run out", {"rule": terms.level_rule, "ended": ended}
        )
        change_trust(enrolment=enrolment, decision=decision, at=at, rule=EXPIRY_RULE, rule_version=1)
        return True


def _locked(**where: object) -> Enrolment | None:
    return Enrolment.objects.select_for_update(of=("self",)).select_related("project", "worker").filter(**where).first()
