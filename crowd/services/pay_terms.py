"""Reads and sets a project's terms of pay."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind, SurplusPay
from crowd.errors import InvalidInput
from crowd.models import PayTerms, Project, User
from crowd.policies.pay import DEFAULT_TERMS, Terms, check_terms
from crowd.services.events import record_event


def terms_of(project: Project) -> Terms:
    """The terms that hold for what happens now; no query where the caller has joined ``pay_terms``."""
    row = getattr(project, "pay_terms", None)
    if row is None:
        return DEFAULT_TERMS
    return Terms(
        review_days=row.review_days,
        appeal_days=row.appeal_days,
        judge_days=row.judge_days,
        surplus=SurplusPay(row.surplus),
    )


def set_pay_terms(*, project: Project, terms: Terms, actor: User) -> PayTerms:
    """Replace the terms; deadlines that run already stay. Raises InvalidInput naming each problem."""
    problems = check_terms(terms)
    if problems:
        raise InvalidInput("the terms of pay cannot be set; nothing was changed", problems=tuple(problems))
    fields = {
        "review_days": terms.review_days,
        "appeal_days": terms.appeal_days,
        "judge_days": terms.judge_days,
        "surplus": terms.surplus,
    }
    with transaction.atomic():
        # A change with If-Match waits here, and is told.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        now = timezone.now()
        row, _ = PayTerms.objects.update_or_create(project=project, defaults={**fields, "updated_at": now})
        record_event(
            kind=EventKind.PAY_TERMS_SET, project=project, actor=actor, subject=project.uid, detail=fields, at=now
        )
        return row
