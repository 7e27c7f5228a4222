"""Exports: streamed at once, or made into a file by a job while the caller polls."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page_body
from api.permissions import HasScope
from api.serializers.lists import page_of
from api.serializers.transfers import (
    ExportInput,
    ExportOutput,
    StreamInput,
    TransferPageInput,
    export_body,
)
from api.views.base import AssayView, PostView
from crowd.enums import ExportKind, ExportState, KeyScope
from crowd.errors import Conflict, Expired
from crowd.models import ApiKey, Export, Project
from crowd.policies.exports import ExportPlan
from crowd.queries.exports import export_for, exports_of, plan_for, streamed_blocks
from crowd.services.export_runs import plan_of
from crowd.services.exports import cancel_export, create_export
from crowd.services.idempotency import Outcome
from crowd.services.stored_files import read_blocks

FILTERS = ("state", "min_confidence", "since", "style")
FILE = {(200, "*/*"): {"type": "string", "format": "binary"}}


class ExportsView(PostView):
    """The exports of a project."""

    input_serializer = ExportInput
    query_serializer = TransferPageInput
    replies = {"GET": {200: page_of(ExportOutput)}, "POST": {202: ExportOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The exports of a project, the newest first."""
        rows = exports_of(self.project(request, project))
        return Response(page_body(rows, request, self.asked(request), export_body, order="-id"))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Have a file made; the reply names the address to poll."""
        row = self.project(request, project)
        body = self.parsed(request)
        _refuse_money(request, body["kind"])
        plan = _plan(row, body["kind"], body)
        return Outcome(202, export_body(create_export(project=row, plan=plan, actor=self.user(request))))


class ExportStreamView(AssayView):
    """An export that is streamed at once."""

    query_serializer = StreamInput
    replies = {"GET": FILE}

    def get(self, request: Request, project: uuid.UUID, kind: str) -> StreamingHttpResponse:
        """The rows as they are found, in memory that does not grow with the project."""
        row = self.project(request, project)
        asked = self.asked(request)
        _refuse_money(request, kind)
        plan = _plan(row, kind, asked)
        return _file(plan, row, streamed_blocks(row, plan))


class OwnExportView(AssayView):
    """What finds the export of an address."""

    def job(self, request: Request, export: uuid.UUID) -> Export:
        """The export, if the caller manages its project; one of payouts asks for the finance scope, too."""
        job = export_for(uid=export, user=self.user(request), roles=self.roles(request))
        _refuse_money(request, job.kind)
        return job


class ExportView(OwnExportView):
    """One export."""

    replies = {"GET": {200: ExportOutput}}

    def get(self, request: Request, export: uuid.UUID) -> Response:
        """How far it is, where its file is."""
        return Response(export_body(self.job(request, export)))


class ExportFileView(OwnExportView):
    """The file of an export."""

    get_refusals = (409, 410)
    replies = {"GET": FILE}

    def get(self, request: Request, export: uuid.UUID) -> StreamingHttpResponse:
        """The file; 409 until it is finished, 410 once it has expired."""
        job = self.job(request, export)
        if job.state == ExportState.EXPIRED or (job.state == ExportState.FINISHED and job.file is None):
            raise Expired("the file has been thrown away; order the export again")
        if job.state != ExportState.FINISHED or job.file is None:
            raise Conflict(f"the export is {job.state}; there is no file")
        response = _file(plan_of(job), job.project, read_blocks(file=job.file))
        response["Content-Length"] = str(job.file.size_bytes)
        return response


class ExportCancelView(PostView, OwnExportView):
    """Stops an export."""

    replies = {"POST": {200: ExportOutput}}

    def act(self, request: Request, *, export: uuid.UUID, **kwargs: Any) -> Outcome:
        """Stop it; there will be no file."""
        return Outcome(200, export_body(cancel_export(job=self.job(request, export))))


def _plan(project: Project, kind: str, asked: dict[str, Any]) -> ExportPlan:
    filters = {name: asked[name] for name in FILTERS if name in asked}
    return plan_for(project, kind=kind, file_format=asked["format"], filters=filters)


def _refuse_money(request: Request, kind: str) -> None:
    is_key = isinstance(request.auth, ApiKey)
    if kind == ExportKind.PAYOUTS and is_key and KeyScope.FINANCE not in request.auth.scopes:
        raise PermissionDenied(HasScope.message)


def _file(plan: ExportPlan, project: Project, blocks: Any) -> StreamingHttpResponse:
    response = StreamingHttpResponse(blocks, content_type=plan.content_type)
    response["Content-Disposition"] = f'attachment; filename="{plan.kind}-{project.uid}.{plan.suffix}"'
    # Somebody else's text must not become a page of ours.
    response["X-Content-Type-Options"] = "nosniff"
    return response
