"""Tasks and golds: lists, single ones with their history, and what a manager may do with them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import BY_ID, PageInput, page_body
from api.serializers.control import (
    CorrectionInput,
    ExtendInput,
    GoldsQuery,
    OverrideInput,
    PriorityInput,
    ReasonInput,
    TasksQuery,
)
from api.serializers.control_bodies import decision_body, gold_body, history_body, lent_body, task_body
from api.serializers.control_outputs import (
    DecisionOutput,
    GoldOutput,
    LentOutput,
    TaskHistoryOutput,
    TaskOutput,
)
from api.serializers.lists import CreatedOutput, StateOutput, page_of
from api.serializers.project import GoldsInput, TasksInput
from api.views.base import AssayView, PostView, etag_of
from crowd.models import Task
from crowd.policies.routing import asked_priority
from crowd.queries.listings import adjudications_of, golds_of, live_assignments, task_history, tasks_of
from crowd.services.adjudication import override_consensus
from crowd.services.golds import retire_gold
from crowd.services.idempotency import Outcome
from crowd.services.restitution import correct_gold
from crowd.services.task_control import cancel_task, extend_task, set_priority, take_back
from crowd.services.tasks import add_golds, add_tasks

TASK_ORDERS = BY_ID | {"key": "key", "-key": "-key"}


class TasksView(PostView):
    """Tasks of a project."""

    input_serializer = TasksInput
    query_serializer = TasksQuery
    replies = {"GET": {200: page_of(TaskOutput)}, "POST": {201: CreatedOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of tasks, without golds."""
        owner, asked = self.project(request, project), self.asked(request)
        order = TASK_ORDERS[asked["ordering"]]
        return Response(page_body(tasks_of(owner, asked), request, asked, task_body, order=order))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add tasks, all or none; each problem points at its row."""
        row = self.project(request, project)
        serializer = TasksInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Outcome(201, {"created": add_tasks(project=row, tasks=serializer.rows(), actor=self.user(request))})


class TaskView(AssayView):
    """One task."""

    patch_serializer = PriorityInput
    versioned_methods = ("PATCH",)
    replies = {"GET": {200: TaskHistoryOutput}, "PATCH": {200: TaskOutput}}

    def get(self, request: Request, project: uuid.UUID, task: uuid.UUID) -> Response:
        """The task with its consensus, leases, answers and events, oldest first; the ETag is that of its priority."""
        owner = self.project(request, project)
        history = task_history(owner, task)
        return Response(history_body(history, owner), headers=_priority(history.task))

    def patch(self, request: Request, project: uuid.UUID, task: uuid.UUID) -> Response:
        """Serve it earlier or later."""
        owner = self.project(request, project)
        serializer = PriorityInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        priority = serializer.validated_data["priority"]
        rows = Task.objects.filter(project=owner, uid=task)
        with self.unchanged(request, rows, lambda: [asked_priority(row.priority) for row in rows.all()]):
            row = set_priority(project=owner, task_uid=task, priority=priority, actor=self.user(request))
        return Response(task_body(row), headers=_priority(row))


class CancelTaskView(PostView):
    """Cancels a task."""

    input_serializer = ReasonInput
    replies = {"POST": {200: TaskOutput}}

    def act(self, request: Request, *, project: uuid.UUID, task: uuid.UUID, **kwargs: Any) -> Outcome:
        """Give it to nobody any more; what is lent out may still be submitted, and is paid."""
        owner, body = self.project(request, project), self.parsed(request)
        row = cancel_task(project=owner, task_uid=task, reason=body["reason"], actor=self.user(request))
        return Outcome(200, task_body(row))


class ExtendTaskView(PostView):
    """Asks for more answers."""

    input_serializer = ExtendInput
    replies = {"POST": {200: TaskOutput}}

    def act(self, request: Request, *, project: uuid.UUID, task: uuid.UUID, **kwargs: Any) -> Outcome:
        """Ask for so many more answers, whatever the consensus; a task that is complete opens again."""
        owner, body = self.project(request, project), self.parsed(request)
        row = extend_task(project=owner, task_uid=task, actor=self.user(request), **body)
        return Outcome(200, task_body(row))


class OverrideTaskView(PostView):
    """Overrides a consensus."""

    input_serializer = OverrideInput
    replies = {"POST": {201: DecisionOutput}}

    def act(self, request: Request, *, project: uuid.UUID, task: uuid.UUID, **kwargs: Any) -> Outcome:
        """Settle the task for good by this label; who answered it gets that as evidence, as by an expert."""
        owner, body = self.project(request, project), self.parsed(request)
        row = override_consensus(project=owner, task_uid=task, actor=self.user(request), **body)
        return Outcome(201, decision_body(row, owner))


class AssignmentsView(AssayView):
    """What is lent out now."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(LentOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of live assignments; those that have ended are with their task."""
        rows = live_assignments(self.project(request, project))
        return Response(page_body(rows, request, self.asked(request), lambda row: lent_body(row, row.task)))


class ExpireView(PostView):
    """Takes a lease back."""

    input_serializer = ReasonInput
    replies = {"POST": {200: StateOutput}}

    def act(self, request: Request, *, project: uuid.UUID, assignment: uuid.UUID, **kwargs: Any) -> Outcome:
        """End it now, as if its time had run out; work that comes late is kept."""
        owner, body = self.project(request, project), self.parsed(request)
        row = take_back(project=owner, assignment_uid=assignment, reason=body["reason"], actor=self.user(request))
        return Outcome(200, {"id": str(row.uid), "state": row.state})


class AdjudicationsView(AssayView):
    """What experts and managers have decided."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(DecisionOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of decisions, the newest first."""
        owner = self.project(request, project)
        return Response(
            page_body(
                adjudications_of(owner),
                request,
                self.asked(request),
                lambda row: decision_body(row, owner),
                order="-id",
            )
        )


class GoldsView(PostView):
    """Golds of a project."""

    input_serializer = GoldsInput
    query_serializer = GoldsQuery
    replies = {"GET": {200: page_of(GoldOutput)}, "POST": {201: CreatedOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of golds with their right labels."""
        owner, asked = self.project(request, project), self.asked(request)
        return Response(page_body(golds_of(owner, asked), request, asked, gold_body, order=BY_ID[asked["ordering"]]))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add golds, all or none; each problem points at its row."""
        row = self.project(request, project)
        serializer = GoldsInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Outcome(201, {"created": add_golds(project=row, golds=serializer.rows(), actor=self.user(request))})


class CorrectGoldView(PostView):
    """Corrects a gold."""

    input_serializer = CorrectionInput
    replies = {"POST": {202: StateOutput}}

    def act(self, request: Request, *, project: uuid.UUID, task: uuid.UUID, **kwargs: Any) -> Outcome:
        """Set its right labels anew; what followed from the old ones is put right by a job."""
        owner, body = self.project(request, project), self.parsed(request)
        row = correct_gold(project=owner, task_uid=task, actor=self.user(request), **body)
        return Outcome(202, {"id": str(row.uid), "state": row.state})


class RetireGoldView(PostView):
    """Retires a gold."""

    input_serializer = ReasonInput
    replies = {"POST": {200: GoldOutput}}

    def act(self, request: Request, *, project: uuid.UUID, task: uuid.UUID, **kwargs: Any) -> Outcome:
        """Show it to nobody any more."""
        owner, body = self.project(request, project), self.parsed(request)
        row = retire_gold(project=owner, task_uid=task, reason=body["reason"], actor=self.user(request))
        return Outcome(200, gold_body(row))


def _priority(task: Task) -> dict[str, str]:
    return etag_of([asked_priority(task.priority)])
