"""A worker's own pay: how it stands, rejections and appeals, payee details, the statement."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
from api.serializers.lists import list_of, page_of
from api.serializers.own_pay import OwnPayOutput, PayeeOutput, StatementOutput, own_pay_body, payee_body
from api.serializers.pay import GroundsInput, PayeeInput, StatementInput
from api.serializers.pay_bodies import AppealOutput, RejectionOutput, appeal_body, rejection_body
from api.views.base import AssayView, PostView, etag_of, plain_query
from crowd.models import PayeeDetails, Project, Worker
from crowd.policies.statements import Record, as_csv, as_json
from crowd.queries.pay import own_pay, own_rejections
from crowd.queries.payees import payee_of
from crowd.queries.statements import statement_of
from crowd.services.appeals import appeal_rejection
from crowd.services.idempotency import Outcome
from crowd.services.payees import set_payee

FORMS: dict[str, tuple[Callable[[Iterable[Record]], Iterator[str]], str]] = {
    "json": (as_json, "application/json"),
    "csv": (as_csv, "text/csv"),
}


class OwnEarningsView(AssayView):
    """The caller's pay."""

    replies = {"GET": {200: list_of(OwnPayOutput)}}

    def get(self, request: Request) -> Response:
        """What is in review, owed, on its way and paid, by project."""
        return Response({"results": [own_pay_body(row) for row in own_pay(self.worker(request))]})


class OwnRejectionsView(AssayView):
    """The caller's rejected answers."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(RejectionOutput)}}

    def get(self, request: Request) -> Response:
        """With reason, evidence, and until when an appeal is heard; the newest first."""
        asked = PageInput(data=plain_query(request))
        asked.is_valid(raise_exception=True)
        rows = own_rejections(self.worker(request))
        return Response(page_body(rows, request, asked.validated_data, rejection_body, order="-id"))


class AppealView(PostView):
    """An appeal against a rejection."""

    input_serializer = GroundsInput
    replies = {"POST": {201: AppealOutput}}

    def act(self, request: Request, *, rejection: uuid.UUID, **kwargs: Any) -> Outcome:
        """Contest the rejection of an own answer; a second person decides, or silence does."""
        reason = self.parsed(request)["reason"]
        row = appeal_rejection(worker=self.worker(request), answer_uid=rejection, reason=reason)
        return Outcome(201, appeal_body(row))


class PayeeView(PostView):
    """Where the caller's money goes."""

    input_serializer = PayeeInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: PayeeOutput}, "POST": {200: PayeeOutput}}

    def get(self, request: Request) -> Response:
        """The details, with the recipient masked."""
        row = payee_of(self.worker(request))
        return Response(payee_body(row), headers=etag_of(_details(row)))

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """Replace the details; batches that are made already keep theirs."""
        serializer = PayeeInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        worker = self.worker(request)
        with self.unchanged(request, Worker.objects.filter(pk=worker.pk), lambda: _details(payee_of(worker))):
            row = set_payee(worker=worker, payee=serializer.payee())
        return Outcome(200, payee_body(row), headers=etag_of(_details(row)))


class OwnStatementView(AssayView):
    """The caller's pay statement."""

    query_serializer = StatementInput
    replies = {"GET": {(200, "application/json"): StatementOutput, (200, "text/csv"): {"type": "string"}}}

    def get(self, request: Request) -> StreamingHttpResponse:
        """Every entry of a period on all projects, as JSON or CSV, chained by hashes."""
        return statement_response(request, self.worker(request))


def _details(row: PayeeDetails | None) -> list[str]:
    return [] if row is None else [row.method, row.recipient, row.name, row.bic]


def statement_response(request: Request, worker: Worker, project: Project | None = None) -> StreamingHttpResponse:
    """The statement that the query asks for, record by record."""
    asked = StatementInput(data=plain_query(request))
    asked.is_valid(raise_exception=True)
    period = asked.validated_data
    now: datetime = timezone.now()
    records = statement_of(worker, start=period["from"], end=period.get("to", now), made_at=now, project=project)
    write, media_type = FORMS[period["form"]]
    response = StreamingHttpResponse((text.encode() for text in write(records)), content_type=media_type)
    name = f"statement-{worker.uid}-{period['from']:%Y%m%d}.{period['form']}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
