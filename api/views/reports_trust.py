"""Reports on workers and on a project's trust, as a job last measured them."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.reports import worker_body
from api.serializers.reports_trust import (
    OwnReportOutput,
    ReadingOutput,
    WorkerReportOutput,
    own_report_body,
    report_rows,
    worker_report_body,
)
from api.views.base import AssayView
from crowd.enums import ReadingKind
from crowd.queries.worker_reports import own_report, project_reading, worker_report, workers_by_id
from crowd.times import zulu


class WorkerReportView(AssayView):
    """All that is known about a worker on a project."""

    replies = {"GET": {200: WorkerReportOutput}}

    def get(self, request: Request, project: uuid.UUID, worker: uuid.UUID) -> Response:
        """Skill by source of evidence, pace, flags, decisions, what follows for access and pay."""
        row = self.project(request, project)
        return Response(worker_report_body(worker_report(row, worker), row))


class WorkerReportFileView(AssayView):
    """The report on a worker as a table."""

    replies = {"GET": {(200, "text/csv"): {"type": "string"}}}

    def get(self, request: Request, project: uuid.UUID, worker: uuid.UUID) -> HttpResponse:
        """CSV: section, name, value, low, high, n."""
        report = worker_report(self.project(request, project), worker)
        table = io.StringIO()
        csv.writer(table).writerows(report_rows(report))
        response = HttpResponse(table.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="worker-{worker}.csv"'
        return response


class OwnReportView(AssayView):
    """The caller's own report on a project."""

    replies = {"GET": {200: OwnReportOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """What is decided about me, on what evidence in sum, until when, and what was made good."""
        return Response(own_report_body(own_report(self.worker(request), project)))


class ReadingView(AssayView):
    """A report about a project, kept by a job."""

    kind: ClassVar[ReadingKind]
    replies = {"GET": {200: ReadingOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The figures, and when they were measured; both are null until the first reading."""
        reading = project_reading(self.project(request, project), self.kind)
        if reading is None:
            return Response({"measured_at": None, "figures": None})
        return Response({"measured_at": zulu(reading.measured_at), "figures": _named(reading.figures)})


class CalibrationView(ReadingView):
    """Whether accuracies that were predicted came true."""

    kind = ReadingKind.CALIBRATION


class DriftView(ReadingView):
    """Who has become worse, by a test whose false alarms are held."""

    kind = ReadingKind.DRIFT


class ContributorsView(ReadingView):
    """Who carries the project: shares of answers and of what they tell."""

    kind = ReadingKind.CONTRIBUTORS


def _named(figures: dict[str, Any]) -> dict[str, Any]:
    """Workers as they go out in place of their row ids."""
    rows = figures.get("workers")
    if not isinstance(rows, list):
        return figures
    workers = workers_by_id({row["worker_id"] for row in rows})
    return figures | {
        "workers": [
            {"worker": worker_body(workers[row["worker_id"]])}
            | {name: value for name, value in row.items() if name != "worker_id"}
            for row in rows
        ]
    }
