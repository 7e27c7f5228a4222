"""Errors that are made good: decisions overturned, and what that and each corrected gold changed."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
from api.serializers.lists import page_of
from api.serializers.reports_trust import (
    OverturnInput,
    RestitutionDetailOutput,
    RestitutionLineOutput,
    RestitutionOutput,
    line_body,
    restitution_body,
)
from api.views.base import AssayView, PostView
from crowd.queries.restitutions import lines_by_kind, lines_of, restitution_for, restitutions_of
from crowd.services.idempotency import Outcome
from crowd.services.restitution import overturn_change


class OverturnView(PostView):
    """A warning, restriction or suspension that was wrong."""

    input_serializer = OverturnInput
    replies = {"POST": {202: RestitutionOutput}}

    def act(self, request: Request, *, project: uuid.UUID, change: uuid.UUID, **kwargs: Any) -> Outcome:
        """Overturn it; what followed is put right by a job, with an apology."""
        row, body = self.project(request, project), self.parsed(request)
        restitution = overturn_change(project=row, change_uid=change, reason=body["reason"], actor=self.user(request))
        return Outcome(202, restitution_body(restitution))


class RestitutionsView(AssayView):
    """Everything that was made good on a project."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(RestitutionOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """One page of restitutions, the oldest first, without their lines."""
        rows = restitutions_of(self.project(request, project))
        return Response(page_body(rows, request, self.asked(request), restitution_body))


class RestitutionView(AssayView):
    """One restitution."""

    replies = {"GET": {200: RestitutionDetailOutput}}

    def get(self, request: Request, project: uuid.UUID, restitution: uuid.UUID) -> Response:
        """How it stands, and how many lines of each kind it has."""
        row = restitution_for(self.project(request, project), restitution)
        return Response(restitution_body(row) | {"lines": lines_by_kind(row)})


class RestitutionLinesView(AssayView):
    """What a restitution changed."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(RestitutionLineOutput)}}

    def get(self, request: Request, project: uuid.UUID, restitution: uuid.UUID) -> Response:
        """One page of lines, in the order in which they were written."""
        row = restitution_for(self.project(request, project), restitution)
        return Response(page_body(lines_of(row), request, self.asked(request), line_body))
