"""Takes imports in, and cancels them; `crowd.services.import_runs` carries them out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crowd.enums import EventKind, ImportState, OnError, PersonalDataRule, WorkerKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.formats.columns import parse_mapping
from crowd.formats.reading import FORMATS, ReadOptions
from crowd.jobs import enqueue_import
from crowd.models import Import, Project, StoredFile, User
from crowd.services.events import record_event
from crowd.services.refit import request_refit

FINAL = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """How a file is to be imported; an empty format is found out from the file."""

    name: str = ""
    file_format: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    on_error: OnError = OnError.STOP
    pii: PersonalDataRule = PersonalDataRule.WARN
    is_dry_run: bool = False
    prediction_kind: WorkerKind = WorkerKind.CLASSIFIER


def plan_import(
    *,
    name: str = "",
    file_format: str = "",
    mapping: list[str],
    on_error: str = OnError.STOP,
    pii: str = PersonalDataRule.WARN,
    is_dry_run: bool = False,
    predictions: str = WorkerKind.CLASSIFIER,
) -> ImportPlan:
    """The plan that some options describe. Raises InvalidInput naming each option that is wrong."""
    problems: list[FieldProblem] = []
    if file_format and file_format not in FORMATS:
        problems.append(FieldProblem("/format", f"unknown format; choose one of {', '.join(FORMATS)}"))
    if on_error not in OnError.values:
        problems.append(FieldProblem("/on_error", "must be stop or skip"))
    if pii not in PersonalDataRule.values:
        problems.append(FieldProblem("/pii", f"must be one of {', '.join(PersonalDataRule.values)}"))
    kinds = [WorkerKind.CLASSIFIER, WorkerKind.LLM, WorkerKind.FUNCTION]
    if predictions not in kinds:
        problems.append(FieldProblem("/predictions", f"must be one of {', '.join(kinds)}"))
    if len(name) > 200 or "\0" in name:
        problems.append(FieldProblem("/name", "must have at most 200 characters"))
    fields: dict[str, str] = {}
    try:
        fields = parse_mapping(mapping)
    except ValueError as error:
        problems.append(FieldProblem("/map", str(error)))
    if problems:
        raise InvalidInput("the import cannot be done as described", problems=tuple(problems))
    return ImportPlan(
        name=name,
        file_format=file_format,
        mapping=fields,
        on_error=OnError(on_error),
        pii=PersonalDataRule(pii),
        is_dry_run=is_dry_run,
        prediction_kind=WorkerKind(predictions),
    )


def create_import(*, project: Project, file: StoredFile, plan: ImportPlan, actor: User) -> Import:
    """Queue the import of a complete file."""
    with transaction.atomic():
        job = Import.objects.create(
            project=project,
            actor=actor,
            file=file,
            name=plan.name,
            size_bytes=file.size_bytes,
            file_format=plan.file_format,
            mapping=dict(plan.mapping),
            prediction_kind=plan.prediction_kind,
            on_error=plan.on_error,
            pii=plan.pii,
            is_dry_run=plan.is_dry_run,
        )
        record_event(
            kind=EventKind.IMPORT_STARTED, project=project, actor=actor, subject=job.uid, detail={"name": plan.name}
        )
        enqueue_import(job.pk)
    return job


def cancel_import(*, job: Import) -> Import:
    """Stop an import; what is written stays. Raises Conflict when it has ended."""
    now = timezone.now()
    with transaction.atomic():
        if not Import.objects.filter(pk=job.pk, finished_at__isnull=True).update(is_cancel_asked=True):
            job.refresh_from_db()
            raise Conflict(f"the import is {job.state}; there is nothing to cancel")
        is_idle = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
        # Whoever is at it notices before its next chunk; where nobody is, it ends here.
        if Import.objects.filter(is_idle, pk=job.pk, finished_at__isnull=True).exists():
            end_import(job=job, state=ImportState.CANCELLED, problem="", lease=None, at=now)
    job.refresh_from_db()
    return job


def end_import(*, job: Import, state: ImportState, problem: str, lease: uuid.UUID | None, at: datetime) -> bool:
    """End an import that ``lease`` holds (None: nobody), with its event; False when somebody else has it."""
    with transaction.atomic():
        held = Import.objects.filter(pk=job.pk, finished_at__isnull=True)
        idle = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
        held = held.filter(idle) if lease is None else held.filter(lease=lease)
        if not held.update(state=state, problem=problem, finished_at=at, lease=None, leased_until=None):
            return False
        job.refresh_from_db()
        if job.file_id is not None and job.pii in (PersonalDataRule.MASK, PersonalDataRule.REFUSE):
            # The file still holds what was to be kept out: the next sweep throws it away.
            StoredFile.objects.filter(pk=job.file_id).update(expires_at=at)
        kinds = {
            ImportState.FINISHED: EventKind.IMPORT_FINISHED,
            ImportState.FAILED: EventKind.IMPORT_FAILED,
            ImportState.CANCELLED: EventKind.IMPORT_CANCELLED,
        }
        counts = ("rows_done", "rows_failed", "rows_with_pii", "tasks", "golds", "answers", "workers")
        record_event(
            kind=kinds[state],
            project=job.project,
            subject=job.uid,
            detail={"problem": problem, "is_dry_run": job.is_dry_run, **{name: getattr(job, name) for name in counts}},
            at=at,
        )
        if job.answers and not job.is_dry_run:
            request_refit(project=job.project)
    return True


def read_options(job: Import) -> ReadOptions:
    """How the file of an import is to be read, the same each time."""
    return ReadOptions(
        file_format=job.file_format,
        name=job.name,
        mapping=job.mapping,
        prediction_kind=job.prediction_kind,
        limit_bytes=settings.IMPORT_MAX_UNPACKED_BYTES,
    )


def kept_for() -> timedelta:
    """How long files are kept."""
    return timedelta(days=settings.FILES_KEPT_DAYS)
