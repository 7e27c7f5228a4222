"""Disputes: experts see them blind, then decide them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.serializers.trust import AdjudicationInput, adjudication_body, dispute_body
from api.serializers.trust_outputs import AdjudicationOutput, DisputeOutput
from api.views.base import AssayView, PostView
from crowd.models import Answer
from crowd.queries.disputes import answers_in_dispute, disputes_of
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
        answers: dict[int, list[Answer]] = defaultdict(list)
        for answer in answers_in_dispute(tasks):
            answers[answer.task_id].append(answer)
        return Response({"results": [dispute_body(task, answers[task.pk]) for task in tasks]})


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
