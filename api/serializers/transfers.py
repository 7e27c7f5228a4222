"""Imports and exports: what comes in as options and what goes out about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers

from api.pagination import PageInput
from crowd.enums import ExportFormat, ExportKind, ExportState, ImportState, OnError, PersonalDataRule, WorkerKind
from crowd.formats.reading import FORMATS
from crowd.models import Export, Import, ImportProblem
from crowd.policies.exports import STATES, STYLES
from crowd.services.imports import ImportPlan, plan_import
from crowd.times import zulu, zulu_or_none

SHOWN_PROBLEMS = 20
PREDICTORS = [kind for kind in WorkerKind.values if kind != WorkerKind.HUMAN]


class ImportInput(serializers.Serializer[Any]):
    """How the file is to be imported."""

    format = serializers.ChoiceField(FORMATS, required=False, help_text="Found from the file where it is left out.")
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="For people.")
    map = serializers.ListField(
        child=serializers.CharField(max_length=400), required=False, help_text="`column=field`, once a column."
    )
    on_error = serializers.ChoiceField(
        OnError.choices, required=False, help_text="`stop`: one bad row and nothing is written; `skip`: all but those."
    )
    pii = serializers.ChoiceField(
        PersonalDataRule.choices,
        required=False,
        help_text="Where a text looks like an e-mail address, a phone, card, account or identity number: `warn` of it, "
        "`mask` it before it is stored, `refuse` the row, or do not look (`off`).",
    )
    dry_run = serializers.BooleanField(required=False, default=False, help_text="Check everything, write nothing.")
    predictions = serializers.ChoiceField(
        PREDICTORS, required=False, help_text="Whose votes Label Studio's predictions are."
    )

    def plan(self, file_name: str) -> ImportPlan:
        """The validated options as the service takes them."""
        options = self.validated_data
        return plan_import(
            name=options.get("name") or file_name,
            file_format=options.get("format", ""),
            mapping=options.get("map", []),
            on_error=options.get("on_error", OnError.STOP),
            pii=options.get("pii", PersonalDataRule.WARN),
            is_dry_run=options["dry_run"],
            predictions=options.get("predictions", WorkerKind.CLASSIFIER),
        )


class BadRowOutput(serializers.Serializer[Any]):
    """What is wrong with a row."""

    row = serializers.IntegerField()
    column = serializers.CharField()
    detail = serializers.CharField()


class ImportOutput(serializers.Serializer[Any]):
    """An import and how far it is; in a dry run the counts say what would be made."""

    id = serializers.UUIDField()
    project = serializers.UUIDField()
    url = serializers.CharField()
    state = serializers.ChoiceField(ImportState.choices)
    format = serializers.CharField()
    name = serializers.CharField()
    on_error = serializers.ChoiceField(OnError.choices)
    pii = serializers.ChoiceField(PersonalDataRule.choices)
    is_dry_run = serializers.BooleanField()
    size_bytes = serializers.IntegerField()
    rows_total = serializers.IntegerField(allow_null=True)
    rows_checked = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    rows_failed = serializers.IntegerField()
    rows_passed_over = serializers.IntegerField()
    rows_with_pii = serializers.IntegerField()
    tasks = serializers.IntegerField()
    golds = serializers.IntegerField()
    answers = serializers.IntegerField()
    workers = serializers.IntegerField()
    skips = serializers.IntegerField()
    seconds_left = serializers.FloatField(allow_null=True)
    problem = serializers.CharField(allow_null=True)
    errors_url = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportDetailOutput(ImportOutput):
    """An import with the first of its bad rows, and of those that seem to hold personal data."""

    errors = BadRowOutput(many=True)
    warnings = BadRowOutput(many=True)


class ExportFilters(serializers.Serializer[Any]):
    """What an export is narrowed down to."""

    state = serializers.ListField(child=serializers.ChoiceField(STATES), required=False, help_text="Of the task.")
    min_confidence = serializers.FloatField(min_value=0, max_value=1, required=False)
    since = serializers.DateTimeField(required=False)
    style = serializers.ChoiceField(STYLES, required=False, help_text="Of the format `finetune`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a name that is none: a filter with a slip in it would hand out every row."""
        wrong = sorted(set(self.initial_data) - set(self.fields))
        if wrong:
            raise serializers.ValidationError(dict.fromkeys(wrong, f"is none of {', '.join(self.fields)}"))
        return attrs


class StreamInput(ExportFilters):
    """How to write the rows, and which."""

    format = serializers.ChoiceField(ExportFormat.choices, required=False, default=ExportFormat.CSV)


class ExportInput(ExportFilters):
    """An export to make."""

    kind = serializers.ChoiceField(ExportKind.choices)
    format = serializers.ChoiceField(ExportFormat.choices, required=False, default=ExportFormat.CSV)


class ExportOutput(serializers.Serializer[Any]):
    """An export and how far it is."""

    id = serializers.UUIDField()
    project = serializers.UUIDField()
    url = serializers.CharField()
    kind = serializers.ChoiceField(ExportKind.choices)
    format = serializers.ChoiceField(ExportFormat.choices)
    filters = serializers.DictField()
    state = serializers.ChoiceField(ExportState.choices)
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(allow_null=True)
    file_url = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class TransferPageInput(PageInput):
    """Which page of imports or exports."""


COUNTS = (
    *("rows_total", "rows_checked", "rows_done", "rows_failed", "rows_passed_over", "rows_with_pii"),
    *("tasks", "golds", "answers", "workers", "skips"),
)


def import_body(job: Import) -> dict[str, Any]:
    """An import."""
    return {
        "id": str(job.uid),
        "project": str(job.project.uid),
        "url": reverse("api-import", kwargs={"upload": job.uid}),
        "state": job.state,
        "format": job.file_format,
        "name": job.name,
        "on_error": job.on_error,
        "pii": job.pii,
        "is_dry_run": job.is_dry_run,
        "size_bytes": job.size_bytes,
        **{name: getattr(job, name) for name in COUNTS},
        "seconds_left": seconds_left(job),
        "problem": job.problem or None,
        "errors_url": reverse("api-import-errors", kwargs={"upload": job.uid}),
        **_times(job),
    }


def import_detail(job: Import) -> dict[str, Any]:
    """An import with its first problems and warnings; two queries more."""
    return import_body(job) | {"errors": _first(job, is_warning=False), "warnings": _first(job, is_warning=True)}


def _first(job: Import, *, is_warning: bool) -> list[dict[str, Any]]:
    rows = ImportProblem.objects.filter(job=job, is_warning=is_warning).order_by("id")
    return [{"row": row.row, "column": row.column, "detail": row.detail} for row in rows[:SHOWN_PROBLEMS]]


def seconds_left(job: Import) -> float | None:
    """How long the writing will take, by how long it has taken; None until there is something to go by."""
    if job.state != ImportState.WRITING or job.rows_total is None or job.writing_since is None or not job.rows_done:
        return None
    elapsed = (timezone.now() - job.writing_since) / timedelta(seconds=1)
    return round(elapsed / job.rows_done * (job.rows_total - job.rows_done), 1)


def export_body(job: Export) -> dict[str, Any]:
    """An export; the address of its file once there is one."""
    is_there = job.state == ExportState.FINISHED
    return {
        "id": str(job.uid),
        "project": str(job.project.uid),
        "url": reverse("api-export", kwargs={"export": job.uid}),
        "kind": job.kind,
        "format": job.file_format,
        "filters": job.filters,
        "state": job.state,
        "rows": job.rows,
        "size_bytes": job.size_bytes,
        "problem": job.problem or None,
        "file_url": reverse("api-export-file", kwargs={"export": job.uid}) if is_there else None,
        "expires_at": zulu_or_none(job.expires_at),
        **_times(job),
    }


def _times(job: Import | Export) -> dict[str, str | None]:
    return {
        "created_at": zulu(job.created_at),
        "started_at": zulu_or_none(job.started_at),
        "finished_at": zulu_or_none(job.finished_at),
    }
