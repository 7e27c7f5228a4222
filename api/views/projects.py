"""Projects: create, read, fill, launch, and the reports about them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import CreatedOutput, list_of
from api.serializers.project import (
    GoldsInput,
    NewWorkersOutput,
    PendingOutput,
    ProjectInput,
    ProjectOutput,
    TasksInput,
    WorkersInput,
    project_body,
)
from api.views.base import AssayView, PostView
from crowd.queries.projects import managed_projects
from crowd.queries.status import project_status
from crowd.services.idempotency import Outcome
from crowd.services.projects import create_project, launch_project, pause_project
from crowd.services.refit import request_refit
from crowd.services.tasks import add_golds, add_tasks
from crowd.services.workers import add_workers


class ProjectsView(PostView):
    """The caller's projects."""

    input_serializer = ProjectInput
    replies = {"GET": {200: list_of(ProjectOutput)}, "POST": {201: ProjectOutput}}

    def get(self, request: Request) -> Response:
        """Every project that the caller manages, newest first."""
        return Response({"results": [project_body(project) for project in managed_projects(self.user(request))]})

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """Create a project in draft."""
        serializer = ProjectInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        project = create_project(plan=serializer.plan(), owner=self.user(request))
        return Outcome(201, project_body(project, project_status(project)))


class ProjectView(AssayView):
    """One project."""

    replies = {"GET": {200: ProjectOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The project with its status."""
        row = self.project(request, project)
        return Response(project_body(row, project_status(row)))


class TasksView(PostView):
    """Tasks of a project."""

    input_serializer = TasksInput
    replies = {"POST": {201: CreatedOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add tasks, all or none."""
        row = self.project(request, project)
        serializer = TasksInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Outcome(201, {"created": add_tasks(project=row, tasks=serializer.rows(), actor=self.user(request))})


class GoldsView(PostView):
    """Golds of a project."""

    input_serializer = GoldsInput
    replies = {"POST": {201: CreatedOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add golds, all or none."""
        row = self.project(request, project)
        serializer = GoldsInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Outcome(201, {"created": add_golds(project=row, golds=serializer.rows(), actor=self.user(request))})


class WorkersView(PostView):
    """Workers of a project."""

    input_serializer = WorkersInput
    replies = {"POST": {201: NewWorkersOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add workers with an API key each; a repeated call gets them without the keys, which are not stored."""
        row = self.project(request, project)
        serializer = WorkersInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        added = add_workers(project=row, workers=serializer.rows(), actor=self.user(request))
        bodies = [
            {"id": str(new.worker.uid), "name": new.worker.name, "kind": new.worker.kind, "key": new.key}
            for new in added
        ]
        return Outcome(201, {"workers": bodies}, stored={"workers": [{**body, "key": None} for body in bodies]})


class LaunchView(PostView):
    """Launches a project."""

    replies = {"POST": {200: ProjectOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Let it hand out tasks."""
        row = launch_project(project=self.project(request, project), actor=self.user(request))
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
