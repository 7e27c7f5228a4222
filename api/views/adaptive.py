"""The report on adaptive overlap."""

from __future__ import annotations

import uuid
from dataclasses import asdict

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.reports import AdaptiveOutput
from api.views.base import AssayView
from crowd.queries.adaptive import adaptive_report
from crowd.times import zulu


class AdaptiveView(AssayView):
    """What stopping early saves, and what it costs in accuracy."""

    replies = {"GET": {200: AdaptiveOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Measured now on the audited tasks; figures are null, with a reason, while there are too few."""
        owner = self.project(request, project)
        report = adaptive_report(owner)
        return Response(
            {
                "data_as_of": zulu(timezone.now()),
                "audit_share": owner.audit_share,
                "audited_tasks": report.audited,
                "audited_and_finished": asdict(report.savings),
                "other_tasks_finished": report.others_finished,
                "answers_per_other_task": report.answers_per_task,
            }
        )
