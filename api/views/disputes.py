"""Disputes: experts see them blind, then decide them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.serializers.trust import AdjudicationInput, adjudication_body, dispute_body
from api.serializers.trust_outputs import AdjudicationOutput, DisputeOutput
from api.views.base import AssayView, PostView
from crowd.queries.disputes import disputes_of, values_in_dispute
from crowd.services.adjudication import adjudicate_task
from crowd.services.idempotency import Outcome

PAGE = 100


class DisputesView(AssayView):
    """The tasks that wait for an expert."""

    replies = {"GET": {200: list_of(DisputeOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The first hundred, those first whose label a decision would most likely change; never ones own."""
        row = self.project(request, project)
        tasks = list(disputes_of(row, self.user(request))[:PAGE])
        given = values_in_dispute(tasks)
        return Response({"results": [dispute_body(task, given[task.pk]) for task in tasks]})


class AdjudicateView(PostView):
    """An expert's decision."""

    input_serializer = AdjudicationInput
    replies = {"POST": {201: AdjudicationOutput}}

    def act(self, request: Request, *, project: uuid.UUID, task: uuid.UUID, **kwargs: Any) -> Outcome:
        """Settle the task for good."""
        row = self.project(request, project)
        body = self.parsed(request)
        decision = adjudicate_task(
            project=row, task_uid=task, adjudicator=self.user(request), value=body["value"], reason=body["reason"]
        )
        return Outcome(201, adjudication_body(decision, row))
