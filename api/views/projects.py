"""Projects: create, read, fill, launch, and the reports about them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import BY_ID, page_body
from api.serializers.control import EventsQuery, ProjectsQuery
from api.serializers.control_bodies import event_body
from api.serializers.control_outputs import EventOutput
from api.serializers.lists import page_of
from api.serializers.project import (
    CloneInput,
    PendingOutput,
    ProjectInput,
    ProjectOutput,
    ProjectPatch,
    project_body,
)
from api.serializers.reports_trust import LaunchInput
from api.views.base import AssayView, PostView, etag_of, version_asked
from crowd.models import Project
from crowd.queries.listings import PROJECT_FILTERS, events_of, narrowed
from crowd.queries.projects import managed_projects
from crowd.queries.status import project_status
from crowd.services.idempotency import Outcome
from crowd.services.project_settings import archive_project, clone_project, configuration_of, configure_project
from crowd.services.projects import create_project, launch_project, pause_project
from crowd.services.refit import request_refit


class ProjectsView(PostView):
    """The caller's projects."""

    input_serializer = ProjectInput
    query_serializer = ProjectsQuery
    replies = {"GET": {200: page_of(ProjectOutput)}, "POST": {201: ProjectOutput}}

    def get(self, request: Request) -> Response:
        """A page of the projects that the caller manages, newest first."""
        asked = self.asked(request)
        rows = narrowed(managed_projects(self.user(request)), asked, PROJECT_FILTERS)
        return Response(page_body(rows, request, asked, project_body, order=BY_ID[asked["ordering"]]))

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """Create a project in draft."""
        serializer = ProjectInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        project = create_project(plan=serializer.plan(), owner=self.user(request))
        return Outcome(201, project_body(project, project_status(project)), headers=_version(project))


class ProjectView(AssayView):
    """One project."""

    patch_serializer = ProjectPatch
    versioned_methods = ("PATCH",)
    replies = {"GET": {200: ProjectOutput}, "PATCH": {200: ProjectOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The project with its status; the ETag is the version of its configuration."""
        row = self.project(request, project)
        return Response(project_body(row, project_status(row)), headers=_version(row))

    def patch(self, request: Request, project: uuid.UUID) -> Response:
        """Change what is given; tasks that are finished stay as they are."""
        row = self.project(request, project)
        serializer = ProjectPatch(data=request.data, context={"currency": row.currency})
        serializer.is_valid(raise_exception=True)
        changed = configure_project(
            project=row, change=serializer.change(), actor=self.user(request), version=version_asked(request)
        )
        return Response(project_body(changed), headers=_version(changed))


class ArchiveView(PostView):
    """Archives a project."""

    replies = {"POST": {200: ProjectOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Put it away for good; what is lent out may still be submitted, and is paid."""
        return Outcome(
            200, project_body(archive_project(project=self.project(request, project), actor=self.user(request)))
        )


class CloneView(PostView):
    """Clones a project."""

    input_serializer = CloneInput
    replies = {"POST": {201: ProjectOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Make a draft with the same configuration, rules and requirements."""
        row, body = self.project(request, project), self.parsed(request)
        clone = clone_project(project=row, name=body.get("name") or row.name, actor=self.user(request))
        return Outcome(201, project_body(clone), headers=_version(clone))


class EventsView(AssayView):
    """The audit trail."""

    query_serializer = EventsQuery
    replies = {"GET": {200: page_of(EventOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of events, the newest first."""
        owner, asked = self.project(request, project), self.asked(request)
        rows = events_of(owner, asked)
        return Response(page_body(rows, request, asked, event_body, order=BY_ID[asked["ordering"]]))


class LaunchView(PostView):
    """Launches a project."""

    input_serializer = LaunchInput
    replies = {"POST": {200: ProjectOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Let it hand out tasks; where an hour would pay less than the floor, only with an acknowledgement."""
        row, body = self.project(request, project), self.parsed(request)
        launch_project(project=row, actor=self.user(request), acknowledgement=body["acknowledgement"])
        return Outcome(200, project_body(row))


class PauseView(PostView):
    """Pauses a project."""

    replies = {"POST": {200: ProjectOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Stop handing out tasks."""
        row = pause_project(project=self.project(request, project), actor=self.user(request))
        return Outcome(200, project_body(row))


class RefitView(PostView):
    """Asks for a full fit."""

    replies = {"POST": {202: PendingOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Have the project refitted soon; its status says while that is pending."""
        request_refit(project=self.project(request, project))
        return Outcome(202, {"state": "pending"})


def _version(project: Project) -> dict[str, str]:
    return etag_of(configuration_of(project))
