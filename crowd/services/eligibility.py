"""Refuses claims of workers who may not work on a project now, and sets what it asks of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind, TrustLevel
from crowd.errors import FieldProblem, InvalidInput, NotEligible
from crowd.models import Course, Enrolment, Project, Requirements, User
from crowd.policies.eligibility import MAX_LANGUAGES, find_refusal, primary
from crowd.queries.access import MANAGING
from crowd.queries.eligibility import eligibility_facts
from crowd.services.events import record_event

MAX_LIMIT = 10_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a project is to ask of its workers; ``course``: the uid of the course that they must have passed."""

    course: str | None = None
    languages: tuple[str, ...] = field(default_factory=tuple)
    trust_levels: tuple[TrustLevel, ...] = field(default_factory=tuple)
    max_answers: int | None = None
    daily_answers: int | None = None
    is_open: bool = False


def check_eligibility(*, enrolment: Enrolment, now: datetime) -> None:
    """Nothing, when the worker may claim; raises NotEligible with the reason otherwise."""
    refusal = find_refusal(eligibility_facts(enrolment, now))
    if refusal is not None:
        raise NotEligible(refusal.reason, problems=(FieldProblem(f"/{refusal.code}", refusal.reason),))


def set_requirements(*, project: Project, asked: Asked, actor: User) -> Requirements:
    """Replace what the project asks. Raises InvalidInput naming each problem, with nothing changed."""
    problems: list[FieldProblem] = []
    course = None
    if asked.course is not None:
        course = Course.objects.filter(
            uid=asked.course, project__memberships__user=actor, project__memberships__role__in=MANAGING
        ).first()
        if course is None:
            problems.append(FieldProblem("/course", "there is no such course among those that you manage"))
    if len(asked.languages) > MAX_LANGUAGES:
        problems.append(FieldProblem("/languages", f"at most {MAX_LANGUAGES}"))
    problems += [
        FieldProblem(f"/languages/{i}", "give a language tag such as de")
        for i, tag in enumerate(asked.languages)
        if not (2 <= len(primary(tag)) <= 3 and primary(tag).isascii() and primary(tag).isalpha())
    ]
    problems += [
        FieldProblem(f"/trust_levels/{i}", "a suspended worker never gets a task")
        for i, level in enumerate(asked.trust_levels)
        if level == TrustLevel.SUSPENDED
    ]
    problems += [
        FieldProblem(f"/{name}", f"1 to {MAX_LIMIT}, or null")
        for name, limit in (("max_answers", asked.max_answers), ("daily_answers", asked.daily_answers))
        if limit is not None and not 1 <= limit <= MAX_LIMIT
    ]
    if problems:
        raise InvalidInput("the requirements cannot be set; nothing was changed", problems=tuple(problems))
    with transaction.atomic():
        # A change with If-Match waits here, and is told.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        now = timezone.now()
        requirements, _ = Requirements.objects.update_or_create(
            project=project,
            defaults={
                "course": course,
                "languages": [primary(tag) for tag in asked.languages],
                "trust_levels": list(asked.trust_levels),
                "max_answers": asked.max_answers,
                "daily_answers": asked.daily_answers,
                "is_open": asked.is_open,
                "updated_at": now,
            },
        )
        record_event(
            kind=EventKind.REQUIREMENTS_SET,
            project=project,
            actor=actor,
            subject=project.uid,
            detail={
                "course": asked.course,
                "languages": requirements.languages,
                "trust_levels": requirements.trust_levels,
                "max_answers": asked.max_answers,
                "daily_answers": asked.daily_answers,
                "is_open": asked.is_open,
            },
            at=now,
        )
        return requirements
