"""Grants and revokes qualifications by hand."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crowd.enums import EventKind
from crowd.errors import Conflict, NotFound
from crowd.models import Course, Enrolment, Project, Qualification, User, Worker
from crowd.services.events import record_event


def grant_qualification(
    *, project: Project, worker_uid: uuid.UUID, course_uid: uuid.UUID, days: int | None, reason: str, actor: User
) -> Qualification:
    """Let a worker pass for one who has passed the course, for ``days`` or for ever.

    Raises NotFound for a worker or a course that is not the project's, Conflict when the worker is qualified already.
    """
    with transaction.atomic():
        now = timezone.now()
        worker, course = _named(project, worker_uid, course_uid)
        if _valid(worker, course, now).exists():
            raise Conflict("the worker holds this qualification already; nothing was changed")
        qualification = Qualification.objects.create(
            course=course,
            worker=worker,
            granted_by=actor,
            granted_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        _record(EventKind.QUALIFICATION_GRANTED, project, worker, course, actor, reason, now)
        return qualification


def revoke_qualification(
    *, project: Project, worker_uid: uuid.UUID, course_uid: uuid.UUID, reason: str, actor: User
) -> Qualification:
    """End a worker's qualification now. Raises NotFound, Conflict when there is none to end."""
    with transaction.atomic():
        now = timezone.now()
        worker, course = _named(project, worker_uid, course_uid)
        held = _valid(worker, course, now).order_by("-id").first()
        if held is None or not _valid(worker, course, now).update(revoked_at=now):
            raise Conflict("the worker does not hold this qualification; nothing was changed")
        held.revoked_at = now
        _record(EventKind.QUALIFICATION_REVOKED, project, worker, course, actor, reason, now)
        return held


def _named(project: Project, worker_uid: uuid.UUID, course_uid: uuid.UUID) -> tuple[Worker, Course]:
    # The enrolment's lock: two grants at once would both find none.
    enrolment = Enrolment.objects.select_for_update(of=("self",)).select_related("worker")
    found = enrolment.filter(project=project, worker__uid=worker_uid).first()
    if found is None:
        raise NotFound("there is no such worker on this project")
    course = Course.objects.filter(project=project, uid=course_uid).first()
    if course is None:
        raise NotFound("the project has no such course")
    return found.worker, course


def _valid(worker: Worker, course: Course, now: datetime) -> QuerySet[Qualification]:
    held = Qualification.objects.filter(worker=worker, course=course, revoked_at__isnull=True)
    return held.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def _record(
    kind: EventKind, project: Project, worker: Worker, course: Course, actor: User, reason: str, at: datetime
) -> None:
    detail = {"course": course.name, "reason": reason}
    record_event(kind=kind, project=project, actor=actor, worker=worker, subject=course.uid, detail=detail, at=at)
