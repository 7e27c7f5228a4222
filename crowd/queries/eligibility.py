"""Reads how a worker stands against what a project asks, at a cost that does not grow with the worker's history."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from crowd.enums import TrustLevel
from crowd.models import Answer, Enrolment, Qualification
from crowd.policies.eligibility import Facts, daily_limit
from crowd.policies.votes import takes_place

COLUMNS = (
    *(
        "trust_level",
        "worker__kind",
        "worker__user__language",
        "worker__user__languages",
        "terms__paused_until",
        "terms__pause_reason",
    ),
    *("project__requirements__languages", "project__requirements__trust_levels"),
    *("project__requirements__course", "project__requirements__course__name"),
    *("project__requirements__max_answers", "project__requirements__daily_answers"),
)


def eligibility_facts(enrolment: Enrolment, now: datetime) -> Facts:
    """One row of what is asked and what is so; one more query for each limit that applies.

    Languages and limits are asked of people: a model has no account's language, and takes nobody's place.
    """
    valid = valid_qualifications(now).filter(
        course=OuterRef("project__requirements__course"), worker=OuterRef("worker")
    )
    row = (
        Enrolment.objects.filter(pk=enrolment.pk).annotate(is_qualified=Exists(valid)).values(*COLUMNS, "is_qualified")
    )
    facts = row.get()
    level = TrustLevel(facts["trust_level"])
    is_person = takes_place(facts["worker__kind"])
    cap = facts["project__requirements__max_answers"] if is_person else None
    daily = facts["project__requirements__daily_answers"] if is_person else None
    limit = daily_limit(daily_answers=daily, trust_level=level) if is_person else None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Facts(
        now=now,
        trust_level=level,
        spoken=(facts["worker__user__language"], *facts["worker__user__languages"]),
        languages=tuple(facts["project__requirements__languages"] or ()) if is_person else (),
        trust_levels=tuple(facts["project__requirements__trust_levels"] or ()),
        course_name=facts["project__requirements__course__name"] or "",
        is_qualified=None if facts["project__requirements__course"] is None else facts["is_qualified"],
        paused_until=facts["terms__paused_until"],
        pause_reason=facts["terms__pause_reason"] or "",
        max_answers=cap,
        has_reached_cap=cap is not None and _nth_newest(enrolment, cap) is not None,
        daily_answers=daily,
        has_reached_daily=limit is not None and (_nth_newest(enrolment, limit) or midnight) > midnight,
    )


def valid_qualifications(now: datetime) -> QuerySet[Qualification]:
    """Qualifications that are neither revoked nor expired."""
    return Qualification.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


def _nth_newest(enrolment: Enrolment, n: int) -> datetime | None:
    # Steps over n index entries, however many answers there are.
    answers = Answer.objects.filter(worker_id=enrolment.worker_id, project_id=enrolment.project_id).order_by("-id")
    return answers.values_list("created_at", flat=True)[n - 1 : n].first()
