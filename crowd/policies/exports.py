"""Which kind of export has which formats and filters, and whether what was asked for makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crowd.enums import ExportFormat, ExportKind, TaskState
from crowd.errors import FieldProblem, InvalidInput
from crowd.times import zulu

_TABLES = (ExportFormat.CSV, ExportFormat.JSONL, ExportFormat.PARQUET, ExportFormat.XLSX)
FORMATS: dict[ExportKind, tuple[ExportFormat, ...]] = {
    ExportKind.CONSENSUS: (*_TABLES, ExportFormat.LABEL_STUDIO, ExportFormat.FINETUNE),
    ExportKind.ANSWERS: _TABLES,
    ExportKind.TASKS: (ExportFormat.JSONL, ExportFormat.LABEL_STUDIO),
    ExportKind.AGREEMENT: _TABLES,
    ExportKind.TRUST: _TABLES,
    ExportKind.EVENTS: _TABLES,
    ExportKind.PAYOUTS: _TABLES,
}
FILTERS: dict[ExportKind, tuple[str, ...]] = {
    ExportKind.CONSENSUS: ("state", "min_confidence", "since", "style"),
    ExportKind.ANSWERS: ("state", "since"),
    ExportKind.TASKS: ("state",),
    ExportKind.AGREEMENT: (),
    ExportKind.TRUST: (),
    ExportKind.EVENTS: ("since",),
    ExportKind.PAYOUTS: (),
}
STYLES = ("classification", "instruction", "preference")
STATES = (TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED, TaskState.CANCELLED)
SUFFIX = {
    ExportFormat.CSV: "csv",
    ExportFormat.JSONL: "jsonl",
    ExportFormat.PARQUET: "parquet",
    ExportFormat.XLSX: "xlsx",
    ExportFormat.LABEL_STUDIO: "json",
    ExportFormat.FINETUNE: "jsonl",
}
CONTENT_TYPE = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class ExportPlan:
    """What to export: rows of a kind in a format, narrowed down."""

    kind: ExportKind
    file_format: ExportFormat
    states: tuple[str, ...] = ()
    min_confidence: float | None = None
    since: datetime | None = None
    style: str = STYLES[0]

    def filters(self) -> dict[str, Any]:
        """The filters as JSON; `plan_export` takes them back."""
        filters: dict[str, Any] = {}
        if self.states:
            filters["state"] = list(self.states)
        if self.min_confidence is not None:
            filters["min_confidence"] = self.min_confidence
        if self.since is not None:
            filters["since"] = zulu(self.since)
        if self.file_format == ExportFormat.FINETUNE:
            filters["style"] = self.style
        return filters

    @property
    def is_streamed(self) -> bool:
        """Whether the file can be sent while it is made: a sheet is packed at its end, by a job."""
        return self.file_format != ExportFormat.XLSX

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return SUFFIX[self.file_format]

    @property
    def content_type(self) -> str:
        """The file's media type."""
        return CONTENT_TYPE[self.suffix]


def plan_export(
    *, kind: str, file_format: str, filters: Mapping[str, Any], answer_type: str, has_parquet: bool
) -> ExportPlan:
    """The plan that was asked for. Raises InvalidInput naming each part that makes no sense."""
    problems: list[FieldProblem] = []
    if kind not in ExportKind.values:
        raise InvalidInput(
            "there is no such export",
            problems=(FieldProblem("/kind", f"must be one of {', '.join(ExportKind.values)}"),),
        )
    of_kind = FORMATS[ExportKind(kind)]
    if file_format not in of_kind:
        problems.append(FieldProblem("/format", f"{kind} has the formats {', '.join(of_kind)}"))
    elif file_format == ExportFormat.PARQUET and not has_parquet:
        problems.append(FieldProblem("/format", "Parquet needs pyarrow on the server; choose another format"))
    states = tuple(filters.get("state") or ())
    problems += [
        FieldProblem("/state", f"must be one of {', '.join(STATES)}") for state in states if state not in STATES
    ][:1]
    style = filters.get("style") or STYLES[0]
    if style not in STYLES:
        problems.append(FieldProblem("/style", f"must be one of {', '.join(STYLES)}"))
    elif style == "preference" and answer_type != "pairwise":
        problems.append(FieldProblem("/style", "preference is for projects whose answers compare two candidates"))
    for name in ("state", "min_confidence", "since", "style"):
        is_given = filters.get(name) not in (None, "", [], ())
        if is_given and name not in FILTERS[ExportKind(kind)]:
            problems.append(FieldProblem(f"/{name}", f"{kind} cannot be filtered by {name}"))
        elif is_given and name == "style" and file_format != ExportFormat.FINETUNE:
            problems.append(FieldProblem("/style", "only the format finetune has a style"))
    if problems:
        raise InvalidInput("the export cannot be made as described", problems=tuple(problems))
    return ExportPlan(
        ExportKind(kind),
        ExportFormat(file_format),
        states,
        filters.get("min_confidence"),
        filters.get("since"),
        style,
    )
