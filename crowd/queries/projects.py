"""Which projects somebody manages or may work on."""

from __future__ import annotations

from django.db.models import QuerySet

from crowd.enums import ProjectState
from crowd.models import Enrolment, Project, User, Worker
from crowd.queries.access import MANAGING


def managed_projects(user: User) -> QuerySet[Project]:
    """The projects on which the user is owner or manager, newest first."""
    return Project.objects.filter(memberships__user=user, memberships__role__in=MANAGING).distinct().order_by("-id")


def enrolments_of(worker: Worker) -> QuerySet[Enrolment]:
    """The worker's enrolments on live projects, newest first."""
    return (
        Enrolment.objects.filter(worker=worker, project__state=ProjectState.LIVE)
        .select_related("project")
        .order_by("-id")
    )
