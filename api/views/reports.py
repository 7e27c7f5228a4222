"""Reports about a project: consensus, answers, agreement, trust, payouts."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
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
from api.views.base import AssayView
from crowd.models import Project
from crowd.queries.agreement_views import agreement_difference, agreement_precision, agreement_view
from crowd.queries.answers import answers_of
from crowd.queries.consensus import consensus_of, newest_run
from crowd.queries.workers import ledger_balance_micros, payout_report, trust_report


class ListView(AssayView):
    """A list of a project, in pages."""

    query_serializer = PageInput

    def rows(self, project: Project) -> QuerySet[Any]:
        """The rows, in the order of their ids."""
        raise NotImplementedError(f"{type(self).__name__} lists nothing")

    def body(self, row: Any, project: Project) -> dict[str, Any]:
        """One row for the response."""
        raise NotImplementedError(f"{type(self).__name__} lists nothing")

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """One page; follow ``next`` for the rest."""
        owner, asked = self.project(request, project), self.asked(request)
        return Response(page_body(self.rows(owner), request, asked, lambda row: self.body(row, owner)))


class ConsensusView(ListView):
    """The consensus of every task."""

    replies = {"GET": {200: page_of(ConsensusOutput)}}

    def rows(self, project: Project) -> QuerySet[Any]:
        """With the task and the run."""
        return consensus_of(project)

    def body(self, row: Any, project: Project) -> dict[str, Any]:
        """Label, posterior and where they come from."""
        return consensus_body(row, project)


class AnswersView(ListView):
    """Every answer; for managers, since it shows which tasks are gold."""

    replies = {"GET": {200: page_of(AnswerOutput)}}

    def rows(self, project: Project) -> QuerySet[Any]:
        """With task and worker."""
        return answers_of(project)

    def body(self, row: Any, project: Project) -> dict[str, Any]:
        """Who answered what."""
        return answer_body(row)


class AgreementView(AssayView):
    """How far the raters agree."""

    replies = {"GET": {200: AgreementOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The figures of the newest full fit, with intervals; ``data_as_of`` says how old they are."""
        run = newest_run(self.project(request, project))
        return Response(
            {
                "data_as_of": None if run is None or run.finished_at is None else run.finished_at.isoformat(),
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
        options = ViewInput(data=request.query_params)
        options.is_valid(raise_exception=True)
        rows = agreement_view(owner, view, **options.validated_data)
        return Response({"data_as_of": timezone.now().isoformat(), "results": rows})


class AgreementPrecisionView(AssayView):
    """How sure alpha is, and what would make it surer."""

    query_serializer = PrecisionInput
    replies = {"GET": {200: {"type": "object"}}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Alpha with both intervals, and the tasks that ``half_width`` needs."""
        owner = self.project(request, project)
        options = PrecisionInput(data=request.query_params)
        options.is_valid(raise_exception=True)
        return Response(agreement_precision(owner, **options.validated_data))


class AgreementDifferenceView(AssayView):
    """Agreement before and after a moment."""

    query_serializer = MomentInput
    replies = {"GET": {200: {"type": "object"}}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The difference with its interval; ``at`` is an ISO 8601 time."""
        owner = self.project(request, project)
        moment = MomentInput(data=request.query_params)
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
