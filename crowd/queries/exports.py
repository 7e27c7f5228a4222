"""Reads imports and exports for those who may see them, and the bytes of an export."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from crowd.enums import ExportFormat, ExportKind, Role
from crowd.errors import FieldProblem, InvalidInput, NotFound
from crowd.formats.parquet import is_available
from crowd.formats.writing import csv_blocks, json_lines, json_list, jsonl_blocks, parquet_blocks, xlsx_blocks
from crowd.models import Export, Import, Project, User
from crowd.policies.exports import ExportPlan, plan_export
from crowd.queries.export_objects import objects_of
from crowd.queries.export_rows import table_of

_BLOCKS = {
    ExportFormat.CSV: csv_blocks,
    ExportFormat.JSONL: jsonl_blocks,
    ExportFormat.PARQUET: parquet_blocks,
    ExportFormat.XLSX: xlsx_blocks,
}


class Counted:
    """Rows on their way, counted."""

    def __init__(self) -> None:
        self.rows = 0

    def over(self, rows: Iterable[Any]) -> Iterator[Any]:
        """The same rows."""
        for row in rows:
            self.rows += 1
            yield row


def export_blocks(project: Project, plan: ExportPlan, counted: Counted | None = None) -> Iterator[bytes]:
    """The file of an export, block by block, in memory that does not grow with it."""
    tally = counted or Counted()
    is_table = plan.file_format in _BLOCKS and plan.kind != ExportKind.TASKS
    if is_table:
        table = table_of(project, plan)
        return _BLOCKS[plan.file_format](replace(table, rows=tally.over(table.rows)))
    objects = tally.over(objects_of(project, plan))
    return json_list(objects) if plan.file_format == ExportFormat.LABEL_STUDIO else json_lines(objects)


def streamed_blocks(project: Project, plan: ExportPlan) -> Iterator[bytes]:
    """The file while it is made. Raises InvalidInput for a format that only a job makes."""
    if not plan.is_streamed:
        raise InvalidInput(
            "the export cannot be streamed",
            problems=(FieldProblem("/format", f"{plan.file_format} is made by a job: POST to exports, poll, fetch"),),
        )
    return export_blocks(project, plan)


def plan_for(project: Project, *, kind: str, file_format: str, filters: dict[str, Any]) -> ExportPlan:
    """The plan of an export of the project. Raises InvalidInput."""
    return plan_export(
        kind=kind,
        file_format=file_format,
        filters=filters,
        answer_type=project.answer_type,
        has_parquet=is_available(),
    )


def imports_of(project: Project) -> QuerySet[Import]:
    """The imports of a project."""
    return Import.objects.filter(project=project).select_related("project")


def exports_of(project: Project) -> QuerySet[Export]:
    """The exports of a project."""
    return Export.objects.filter(project=project).select_related("project")


def import_for(*, uid: uuid.UUID, user: User, roles: Iterable[Role]) -> Import:
    """The import, if the user has one of the roles on its project; otherwise NotFound, as for one that is not there."""
    rows = Import.objects.filter(project__memberships__user=user, project__memberships__role__in=list(roles))
    job = rows.select_related("project", "file").filter(uid=uid).first()
    if job is None:
        raise NotFound("there is no such import")
    return job


def export_for(*, uid: uuid.UUID, user: User, roles: Iterable[Role]) -> Export:
    """The export, if the user has one of the roles on its project; otherwise NotFound, as for one that is not there."""
    rows = Export.objects.filter(project__memberships__user=user, project__memberships__role__in=list(roles))
    job = rows.select_related("project", "file").filter(uid=uid).first()
    if job is None:
        raise NotFound("there is no such export")
    return job
