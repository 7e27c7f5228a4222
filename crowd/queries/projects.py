"""Which projects somebody manages or may work on."""

from __future__ import annotations

from django.db.models import QuerySet

from crowd.enums import ProjectState, Role
from crowd.models import Enrolment, Membership, Project, User, Worker
from crowd.queries.access import MANAGING


def managed_projects(user: User) -> QuerySet[Project]:
    """The projects on which the user is owner or manager, newest first."""
    return Project.objects.filter(memberships__user=user, memberships__role__in=MANAGING).distinct().order_by("-id")


def helped_projects(user: User) -> dict[Project, set[Role]]:
    """The projects that the user does not manage but judges disputes or pays for, newest first; one query."""
    rows = Membership.objects.filter(user=user, role__in=(*MANAGING, Role.ADJUDICATOR, Role.FINANCE))
    roles: dict[Project, set[Role]] = {}
    for row in rows.select_related("project").order_by("-project_id"):
        roles.setdefault(row.project, set()).add(Role(row.role))
    return {project: held for project, held in roles.items() if held.isdisjoint(MANAGING)}


def enrolments_of(worker: Worker) -> QuerySet[Enrolment]:
    """The worker's enrolments on live projects, newest first."""
    return (
        Enrolment.objects.filter(worker=worker, project__state=ProjectState.LIVE)
        .select_related("project")
        .order_by("-id")
    )
