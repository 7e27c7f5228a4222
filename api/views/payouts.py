"""Finance pays out: batches with their steps, files, ends of payments, statements of workers."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
from api.serializers.lists import page_of
from api.serializers.own_pay import StatementOutput
from api.serializers.pay import StatementInput
from api.serializers.payouts import (
    BatchFileOutput,
    BatchInput,
    BatchLinesOutput,
    BatchOutput,
    MadeBatchOutput,
    PaymentsInput,
    batch_body,
    file_body,
    left_out_body,
    lines_body,
)
from api.views.base import AssayView, PostView, plain_query
from api.views.pay import statement_response
from crowd.enums import BatchFormat, LineState
from crowd.queries.payouts import batch_file_for, batch_for, batches_of, lines_of, paid_worker
from crowd.services.batches import approve_batch, cancel_batch, export_batch, make_batch, mark_sent
from crowd.services.idempotency import Outcome
from crowd.services.payments import end_payments


class BatchesView(PostView):
    """The batches of a project."""

    input_serializer = BatchInput
    query_serializer = PageInput
    replies = {"GET": {200: page_of(BatchOutput)}, "POST": {201: MadeBatchOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The newest first."""
        row = self.project(request, project)
        asked = PageInput(data=plain_query(request))
        asked.is_valid(raise_exception=True)
        return Response(page_body(batches_of(row), request, asked.validated_data, batch_body, order="-id"))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Gather what is due into a draft; the reply names whom it leaves out, with the reason."""
        row, body = self.project(request, project), self.parsed(request)
        made = make_batch(
            project=row,
            batch_format=BatchFormat(body["format"]),
            options=dict(body["options"]),
            maker=self.user(request),
        )
        left_out = [left_out_body(left, row.currency) for left in made.left_out]
        return Outcome(201, lines_body(made.batch, list(lines_of(made.batch))) | {"left_out": left_out})


class BatchView(AssayView):
    """One batch."""

    replies = {"GET": {200: BatchLinesOutput}}

    def get(self, request: Request, project: uuid.UUID, batch: uuid.UUID) -> Response:
        """With its lines; recipients are masked."""
        row = batch_for(project=self.project(request, project), batch_uid=batch)
        return Response(lines_body(row, list(lines_of(row))))


class ApproveBatchView(PostView):
    """A batch's approval."""

    replies = {"POST": {200: BatchOutput}}

    def act(self, request: Request, *, project: uuid.UUID, batch: uuid.UUID, **kwargs: Any) -> Outcome:
        """Approve a draft, by somebody else than its maker."""
        row = self.project(request, project)
        return Outcome(200, batch_body(approve_batch(project=row, batch_uid=batch, actor=self.user(request))))


class ExportBatchView(PostView):
    """A batch's file."""

    replies = {"POST": {200: BatchFileOutput}}

    def act(self, request: Request, *, project: uuid.UUID, batch: uuid.UUID, **kwargs: Any) -> Outcome:
        """Write the file of an approved batch; again gives the same bytes."""
        row = self.project(request, project)
        return Outcome(200, file_body(export_batch(project=row, batch_uid=batch, actor=self.user(request))))


class BatchFileView(AssayView):
    """The bytes of a batch's file."""

    replies = {"GET": {(200, "*/*"): {"type": "string", "format": "binary"}}}

    def get(self, request: Request, project: uuid.UUID, batch: uuid.UUID) -> HttpResponse:
        """The file as it was exported."""
        file = batch_file_for(project=self.project(request, project), batch_uid=batch)
        response = HttpResponse(bytes(file.content), content_type=file.media_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        response["Cache-Control"] = "no-store"
        return response


class SendBatchView(PostView):
    """A batch's sending."""

    replies = {"POST": {200: BatchOutput}}

    def act(self, request: Request, *, project: uuid.UUID, batch: uuid.UUID, **kwargs: Any) -> Outcome:
        """Note that the file was handed to the bank or provider."""
        row = self.project(request, project)
        return Outcome(200, batch_body(mark_sent(project=row, batch_uid=batch, actor=self.user(request))))


class CancelBatchView(PostView):
    """A batch's end before its export."""

    replies = {"POST": {200: BatchOutput}}

    def act(self, request: Request, *, project: uuid.UUID, batch: uuid.UUID, **kwargs: Any) -> Outcome:
        """Give it up; what it held is owed again."""
        row = self.project(request, project)
        return Outcome(200, batch_body(cancel_batch(project=row, batch_uid=batch, actor=self.user(request))))


class PaymentsView(PostView):
    """How the payments of a batch ended."""

    input_serializer = PaymentsInput
    replies = {"POST": {200: BatchOutput}}

    def act(self, request: Request, *, project: uuid.UUID, batch: uuid.UUID, **kwargs: Any) -> Outcome:
        """Settle, fail or return the lines named, or all that can end so; what failed is owed again."""
        row, body = self.project(request, project), self.parsed(request)
        ended = end_payments(
            project=row,
            batch_uid=batch,
            numbers=body.get("lines"),
            outcome=LineState(body["outcome"]),
            reason=body["reason"],
            actor=self.user(request),
        )
        return Outcome(200, batch_body(ended))


class WorkerStatementView(AssayView):
    """A worker's pay statement for one project."""

    query_serializer = StatementInput
    replies = {"GET": {(200, "application/json"): StatementOutput, (200, "text/csv"): {"type": "string"}}}

    def get(self, request: Request, project: uuid.UUID, worker: uuid.UUID) -> StreamingHttpResponse:
        """Every entry of a period on this project, as JSON or CSV, chained by hashes."""
        row = self.project(request, project)
        return statement_response(request, paid_worker(project=row, worker_uid=worker), row)
