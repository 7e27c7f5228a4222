"""Reads what a person finds at the door: projects to work on, projects to manage."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from crowd.enums import ProjectState, TaskState
from crowd.models import Answer, Course, Enrolment, Project, Requirements, Task, User
from crowd.queries.courses import courses_by_project
from crowd.queries.projects import managed_projects

# A list longer than this nobody reads.
OPEN_SHOWN = 100


@dataclass(frozen=True)
class Offer:
    """A project that the person may work on, with how many of its tasks they have answered, and its courses.

    Each course has ``is_held``; ``requirements`` is None where nothing is asked of workers.
    """

    project: Project
    enrolment: Enrolment
    answered: int
    courses: list[Course]
    requirements: Requirements | None
    expected_seconds: float | None


@dataclass(frozen=True)
class ManagedProject:
    """A project that the person manages, with its tasks in all and those that need no more answers."""

    project: Project
    tasks: int
    finished: int


def offers_for(user: User) -> list[Offer]:
    """Projects on which the user is enrolled, live or paused, newest first; three queries."""
    answered = dict(
        Answer.objects.filter(worker__user=user).values_list("project").annotate(count=Count("id")).order_by()
    )
    enrolments = (
        Enrolment.objects.filter(worker__user=user, project__state__in=[ProjectState.LIVE, ProjectState.PAUSED])
        .select_related("project__requirements__course", "project__fairness_terms")
        .order_by("-id")
    )
    courses = courses_by_project(user, timezone.now())
    return [
        Offer(
            row.project,
            row,
            answered.get(row.project_id, 0),
            courses.get(row.project_id, []),
            getattr(row.project, "requirements", None),
            getattr(getattr(row.project, "fairness_terms", None), "expected_seconds", None),
        )
        for row in enrolments
    ]


def open_projects_for(user: User) -> list[Project]:
    """Live projects that are open to everybody and that the user does not work on, newest first; one query."""
    mine = Enrolment.objects.filter(worker__user=user).values("project")
    return list(
        Project.objects.filter(state=ProjectState.LIVE, requirements__is_open=True)
        .exclude(pk__in=mine)
        .select_related("requirements__course", "fairness_terms")
        .order_by("-id")[:OPEN_SHOWN]
    )


def managed_by(user: User) -> list[ManagedProject]:
    """Projects that the user manages, newest first; two queries."""
    projects = list(managed_projects(user))
    is_finished = Q(state__in=[TaskState.COMPLETE, TaskState.DISPUTED, TaskState.CANCELLED])
    counts = {
        row["project"]: row
        for row in Task.objects.filter(project__in=projects)
        .exclude(state=TaskState.GOLD)
        .values("project")
        .annotate(tasks=Count("id"), finished=Count("id", filter=is_finished))
        .order_by()
    }
    nothing = {"tasks": 0, "finished": 0}
    return [
        ManagedProject(project, row["tasks"], row["finished"])
        for project in projects
        for row in [counts.get(project.pk, nothing)]
    ]
