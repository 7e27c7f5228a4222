"""Reports about a project: consensus, answers, agreement, trust, payouts."""

from __future__ import annotations

import uuid

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import BY_ID, page_body
from api.serializers.control import AnswersQuery, ConsensusQuery
from api.serializers.lists import list_of, page_of
from api.serializers.money import money
from api.serializers.reports import (
    AgreementOutput,
    AgreementRowsOutput,
    AnswerOutput,
    ConsensusOutput,
    MomentInput,
    PayoutsOutput,
    PrecisionInput,
    TrustOutput,
    ViewInput,
    answer_body,
    consensus_body,
    trust_body,
    worker_body,
)
from api.views.base import AssayView, plain_query
from crowd.errors import NotFound
from crowd.queries.agreement_views import agreement_difference, agreement_precision, agreement_view
from crowd.queries.answers import answers_of
from crowd.queries.consensus import consensus_of, newest_run
from crowd.queries.listings import ANSWER_FILTERS, CONSENSUS_FILTERS, narrowed
from crowd.queries.workers import ledger_balance_micros, payout_report, trust_report
from crowd.times import zulu

CONSENSUS_ORDERS = BY_ID | {"confidence": "confidence", "-confidence": "-confidence"}


class ConsensusView(AssayView):
    """The consensus of every task."""

    query_serializer = ConsensusQuery
    replies = {"GET": {200: page_of(ConsensusOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page with label, posterior and confidence; ``run`` is null while it is the preview."""
        owner, asked = self.project(request, project), self.asked(request)
        rows = narrowed(consensus_of(owner), asked, CONSENSUS_FILTERS)
        order = CONSENSUS_ORDERS[asked["ordering"]]
        return Response(page_body(rows, request, asked, lambda row: consensus_body(row, owner), order=order))


class AnswersView(AssayView):
    """Every answer; for managers, since it shows which tasks are gold."""

    query_serializer = AnswersQuery
    replies = {"GET": {200: page_of(AnswerOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A page of answers: who answered what."""
        owner, asked = self.project(request, project), self.asked(request)
        rows = narrowed(answers_of(owner), asked, ANSWER_FILTERS)
        return Response(page_body(rows, request, asked, answer_body, order=BY_ID[asked["ordering"]]))


class AnswerView(AssayView):
    """One answer."""

    replies = {"GET": {200: AnswerOutput}}

    def get(self, request: Request, project: uuid.UUID, answer: uuid.UUID) -> Response:
        """Who answered what."""
        row = answers_of(self.project(request, project)).filter(uid=answer).first()
        if row is None:
            raise NotFound("there is no such answer in this project")
        return Response(answer_body(row))


class AgreementView(AssayView):
    """How far the raters agree."""

    replies = {"GET": {200: AgreementOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The figures of the newest full fit, with intervals; ``data_as_of`` says how old they are."""
        run = newest_run(self.project(request, project))
        return Response(
            {
                "data_as_of": None if run is None or run.finished_at is None else zulu(run.finished_at),
                "groups": {} if run is None else run.agreement,
            }
        )


class AgreementByView(AssayView):
    """Agreement by label, worker, pair, task, week or kind of worker."""

    query_serializer = ViewInput
    replies = {"GET": {200: AgreementRowsOutput}}

    def get(self, request: Request, project: uuid.UUID, view: str) -> Response:
        """The rows of the view, measured now; ``min_shared`` (pairs) and ``models=1`` narrow or widen it."""
        owner = self.project(request, project)
        options = ViewInput(data=plain_query(request))
        options.is_valid(raise_exception=True)
        rows = agreement_view(owner, view, **options.validated_data)
        return Response({"data_as_of": zulu(timezone.now()), "results": rows})


class AgreementPrecisionView(AssayView):
    """How sure alpha is, and what would make it surer."""

    query_serializer = PrecisionInput
    replies = {"GET": {200: {"type": "object"}}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Alpha with both intervals, and the tasks that ``half_width`` needs."""
        owner = self.project(request, project)
        options = PrecisionInput(data=plain_query(request))
        options.is_valid(raise_exception=True)
        return Response(agreement_precision(owner, **options.validated_data))


class AgreementDifferenceView(AssayView):
    """Agreement before and after a moment."""

    query_serializer = MomentInput
    replies = {"GET": {200: {"type": "object"}}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The difference with its interval; ``at`` is an ISO 8601 time."""
        owner = self.project(request, project)
        moment = MomentInput(data=plain_query(request))
        moment.is_valid(raise_exception=True)
        return Response(agreement_difference(owner, moment.validated_data["at"]))


class TrustView(AssayView):
    """Whom the project trusts, and on what evidence."""

    replies = {"GET": {200: list_of(TrustOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Every worker with skill, level and changes."""
        lines = trust_report(self.project(request, project))
        return Response({"results": [trust_body(line) for line in lines]})


class PayoutsView(AssayView):
    """What the project owes its workers."""

    replies = {"GET": {200: PayoutsOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Per worker and in total, from the ledger."""
        owner = self.project(request, project)
        owed = payout_report(owner)
        return Response(
            {
                "results": [
                    {
                        "worker": worker_body(line.worker),
                        "owed": money(line.micros, owner.currency),
                        "answers": line.answers,
                    }
                    for line in owed
                ],
                "total": money(sum(line.micros for line in owed), owner.currency),
                "ledger_balances": ledger_balance_micros(owner) == 0,
            }
        )
