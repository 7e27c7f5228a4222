"""Fair pay and fair decisions of a project, and the flags on its workers."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
from api.serializers.lists import page_of
from api.serializers.money import money
from api.serializers.reports_trust import FairnessInput, FairnessOutput, FlagOutput, NoteInput, flag_body
from api.views.base import AssayView, PostView, etag_of
from crowd.enums import FlagState, ReadingKind
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Project
from crowd.queries.fairness import fairness_terms, floor_for
from crowd.queries.pay_forecast import forecast_body, launch_forecast
from crowd.queries.worker_reports import flags_of, project_reading
from crowd.services.fairness import set_fairness_terms
from crowd.services.flags import decide_flag
from crowd.services.idempotency import Outcome
from crowd.times import zulu


class FairnessView(PostView):
    """How fair a project is."""

    input_serializer = FairnessInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: FairnessOutput}, "POST": {200: FairnessOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Median pay per active hour against the floor, rates by language and tenure, the forecast for a launch."""
        row = self.project(request, project)
        return Response(self._body(row), headers=etag_of(_terms(row)))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Set the floor and the time that a task is thought to take."""
        row, body = self.project(request, project), self.parsed(request)
        floor = body["floor"]
        if floor is not None and floor["currency"] != row.currency:
            raise InvalidInput(
                "the terms cannot be set like this; nothing was changed",
                problems=(FieldProblem("/floor/currency", f"the project pays in {row.currency}"),),
            )
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: _terms(row)):
            set_fairness_terms(
                project=row,
                floor_micros=None if floor is None else floor["amount"],
                expected_seconds=body["expected_seconds"],
                actor=self.user(request),
            )
        return Outcome(200, self._body(row), headers=etag_of(_terms(row)))

    def _body(self, project: Project) -> dict[str, Any]:
        reading, terms = project_reading(project, ReadingKind.FAIRNESS), fairness_terms(project)
        floor = floor_for(project)
        return {
            "measured_at": None if reading is None else zulu(reading.measured_at),
            "figures": None if reading is None else reading.figures,
            "floor": None if floor is None else money(floor, project.currency),
            "expected_seconds": None if terms is None else terms.expected_seconds,
            "forecast": forecast_body(launch_forecast(project)),
        }


class FlagsView(AssayView):
    """The flags on a project's workers: evidence, never a punishment."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(FlagOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """One page of flags with their evidence, the oldest first."""
        rows = flags_of(self.project(request, project))
        return Response(page_body(rows, request, self.asked(request), flag_body))


class DecideFlagView(PostView):
    """A decision about a flag."""

    state: ClassVar[FlagState]
    input_serializer = NoteInput
    replies = {"POST": {200: FlagOutput}}

    def act(self, request: Request, *, project: uuid.UUID, flag: uuid.UUID, **kwargs: Any) -> Outcome:
        """Write it down, with a note; nothing else follows."""
        row, body = self.project(request, project), self.parsed(request)
        decided = decide_flag(project=row, flag_uid=flag, state=self.state, note=body["note"], actor=self.user(request))
        return Outcome(200, flag_body(decided))


class DismissFlagView(DecideFlagView):
    """A flag that means nothing."""

    state = FlagState.DISMISSED


class ConfirmFlagView(DecideFlagView):
    """A flag that is borne out."""

    state = FlagState.CONFIRMED


def _terms(project: Project) -> list[float | None]:
    terms = fairness_terms(project)
    return [] if terms is None else [terms.floor_micros, terms.expected_seconds]
