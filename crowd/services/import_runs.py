"""Carries imports out: checks the whole file, then writes it chunk by chunk; goes on where a dead process stopped."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from crowd.enums import ImportState, OnError
from crowd.formats.reading import open_rows
from crowd.formats.rows import FileProblem, FoundRow, RowProblem
from crowd.models import Import, ImportedWorker, ImportProblem, Project
from crowd.services.collector import seldom_collecting
from crowd.services.import_judging import Judge, Judged, SeenNames, WorkerName
from crowd.services.import_screening import Screened, reported, screen_rows
from crowd.services.import_writing import write_rows
from crowd.services.imports import end_import, read_options
from crowd.services.stored_files import read_blocks

logger = logging.getLogger(__name__)
CHUNK_ROWS = 2000
MAX_PROBLEMS = 10_000
# A process that has not moved an import for this long is taken to be dead.
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
PAUSE = timedelta(seconds=5)
# A chunk that meets another import's new workers, or a busy database, is tried again.
TRIES = 5


class _Lost(Exception):
    """The import is no longer this process's: cancelled, ended or taken over."""


def due_imports() -> QuerySet[Import]:
    """Imports that nobody is at."""
    now = timezone.now()
    is_idle = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    return Import.objects.filter(is_idle, finished_at__isnull=True).order_by("id")


def run_import(*, import_id: int) -> bool:
    """Carry an import out to its end; False when it is not there, has ended, or another process is at it."""
    now, lease = timezone.now(), uuid.uuid4()
    taken = due_imports().filter(pk=import_id)
    if not taken.update(
        lease=lease, leased_until=now + LEASE, attempts=F("attempts") + 1, started_at=Coalesce("started_at", now)
    ):
        return False
    job = Import.objects.select_related("project", "file").get(pk=import_id)
    try:
        with seldom_collecting():
            _carry_out(job, lease)
    except _Lost:
        asked = Import.objects.filter(pk=import_id, is_cancel_asked=True, lease=lease).exists()
        return asked and _end(job, lease, ImportState.CANCELLED, "")
    except FileProblem as problem:
        written = f"; {job.rows_done} rows before it are written" if job.rows_done else "; nothing was written"
        return _end(job, lease, ImportState.FAILED, reported(job, f"{problem}{written}"))
    except Exception as error:
        logger.exception("import %s stumbled", job.uid)
        job.refresh_from_db()
        if job.attempts >= MAX_ATTEMPTS:
            detail = f"it could not be carried out ({type(error).__name__}); {job.rows_done} rows are written"
            return _end(job, lease, ImportState.FAILED, detail)
        Import.objects.filter(pk=import_id, lease=lease).update(leased_until=timezone.now() + PAUSE)
        return False
    return True


def _carry_out(job: Import, lease: uuid.UUID) -> None:
    if job.file is None or not job.file.is_complete:
        raise FileProblem("the file is gone; send it again")
    if job.state in (ImportState.QUEUED, ImportState.CHECKING):
        _check(job, lease)
    if job.state == ImportState.WRITING:
        _write(job, lease)


def _chunks(job: Import, start: int) -> Iterator[list[FoundRow | RowProblem]]:
    assert job.file is not None
    opened = open_rows(read_blocks(file=job.file), read_options(job))
    if not job.file_format:
        Import.objects.filter(pk=job.pk).update(file_format=opened.file_format)
    rows = islice(opened.rows, start, None)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _check(job: Import, lease: uuid.UUID) -> None:
    """Read the whole file and judge it; end the import, or let the writing begin. Safe to begin again."""
    held = Import.objects.filter(pk=job.pk, lease=lease, is_cancel_asked=False)
    _move(held, state=ImportState.CHECKING, rows_checked=0)
    seen, tally = SeenNames(), _Tally()
    judge = _judge(job, timezone.now(), seen)
    try:
        for chunk in _chunks(job, 0):
            screened = screen_rows(job=job, rows=chunk)
            tally.add(screened, judge.judge(screened.rows))
            _move(held, rows_checked=tally.rows, leased_until=timezone.now() + LEASE)
    finally:
        seen.close()
    if not tally.rows:
        raise FileProblem("the file holds no rows")
    # With `skip` the bad rows are listed as they are left out, once each however often the writing is taken up again.
    is_listed = job.is_dry_run or (job.on_error == OnError.STOP and tally.failed > 0)
    with transaction.atomic():
        _move(held, rows_total=tally.rows, rows_checked=tally.rows, rows_with_pii=tally.rows_found)
        _list_problems(job, tally.warnings, is_warning=True)
        if is_listed:
            _list_problems(job, tally.problems)
            _move(held, rows_failed=tally.failed, rows_passed_over=tally.rows_passed_over)
        if job.is_dry_run:
            _move(held, **tally.counts(job.project))
            end_import(job=job, state=ImportState.FINISHED, problem="", lease=lease, at=timezone.now())
        elif is_listed:
            rows = "1 row is" if tally.failed == 1 else f"{tally.failed} rows are"
            problem = f"{rows} wrong; nothing was written"
            end_import(job=job, state=ImportState.FAILED, problem=problem, lease=lease, at=timezone.now())
        else:
            _move(held, state=ImportState.WRITING, writing_since=timezone.now())
    job.refresh_from_db()


def _write(job: Import, lease: uuid.UUID) -> None:
    """Write from the first row that is not settled; each chunk with its progress in one transaction."""
    judge, known = _judge(job, timezone.now()), dict[WorkerName, int]()
    for chunk in _chunks(job, job.rows_done):
        for left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    is_over = _write_chunk(job, lease, chunk, judge, known)
                break
            except (IntegrityError, OperationalError):
                if not left:
                    raise
        if is_over:
            return
        job.rows_done += len(chunk)
    end_import(job=job, state=ImportState.FINISHED, problem="", lease=lease, at=timezone.now())


def _write_chunk(
    job: Import,
    lease: uuid.UUID,
    chunk: list[FoundRow | RowProblem],
    judge: Judge,
    known: dict[WorkerName, int],
) -> bool:
    """Settle a chunk, in the caller's transaction; True when the import ended with it."""
    judge.at = now = timezone.now()
    # First, and guarded by where the chunk begins: of two processes at the same chunk one waits here, then finds it
    # done.
    held = Import.objects.filter(pk=job.pk, lease=lease)
    _move(held.filter(rows_done=job.rows_done, is_cancel_asked=False), leased_until=now + LEASE, attempts=0)
    judged = judge.judge(screen_rows(job=job, rows=chunk).rows)
    if judged.problems and job.on_error == OnError.STOP:
        # Checked and found good, so somebody has added the same keys or answers since.
        _list_problems(job, judged.problems)
        _move(held, rows_failed=F("rows_failed") + len(judged.problems))
        problem = (
            f"the project has changed since the file was checked: {reported(job, judged.problems[0].detail)} "
            f"(row {judged.problems[0].row}); {job.rows_done} rows before it are written"
        )
        end_import(job=job, state=ImportState.FAILED, problem=problem, lease=lease, at=now)
        return True
    written = write_rows(project=job.project, rows=judged.rows, at=now, known=known)
    _list_problems(job, judged.problems[: max(0, MAX_PROBLEMS - _listed(job))] if judged.problems else [])
    _move(
        held,
        rows_done=job.rows_done + len(chunk),
        rows_failed=F("rows_failed") + len(judged.problems),
        rows_passed_over=F("rows_passed_over") + judged.rows_passed_over,
        **{name: F(name) + count for name, count in asdict(written).items()},
    )
    return False


@dataclass
class _Tally:
    """What a check has found so far; what the file would make, for a dry run."""

    rows: int = 0
    failed: int = 0
    rows_passed_over: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    workers: set[WorkerName] = field(default_factory=set)
    warnings: list[RowProblem] = field(default_factory=list)
    rows_found: int = 0

    def add(self, screened: Screened, judged: Judged) -> None:
        self.rows += len(screened.rows)
        self.rows_found += screened.rows_found
        self.warnings += screened.warnings[: MAX_PROBLEMS - len(self.warnings)]
        self.failed += len(judged.problems)
        self.rows_passed_over += judged.rows_passed_over
        self.problems += judged.problems[: MAX_PROBLEMS - len(self.problems)]
        for row in judged.rows:
            if row.makes_task:
                self.made["golds" if row.gold else "tasks"] += 1
            self.made["answers"] += len(row.answers)
            self.made["skips"] += len(row.skips)
            self.workers.update(answer.worker for answer in row.answers)
            self.workers.update(row.skips)

    def counts(self, project: Project) -> dict[str, int]:
        known = set(ImportedWorker.objects.filter(project=project).values_list("kind", "name"))
        return {**self.made, "workers": len(self.workers - known)}


def _judge(job: Import, at: datetime, seen: SeenNames | None = None) -> Judge:
    return Judge(project=job.project, name=job.uid.hex[:12], at=at, seen=seen)


def _move(held: QuerySet[Import], **fields: Any) -> None:
    if not held.update(**fields):
        raise _Lost


def _listed(job: Import) -> int:
    return ImportProblem.objects.filter(job=job, is_warning=False).count()


def _list_problems(job: Import, problems: Sequence[RowProblem], *, is_warning: bool = False) -> None:
    rows = [
        ImportProblem(
            job=job,
            row=problem.row,
            column=reported(job, problem.column)[:200],
            detail=reported(job, problem.detail),
            is_warning=is_warning,
        )
        for problem in problems
    ]
    ImportProblem.objects.bulk_create(rows, batch_size=1000)


def _end(job: Import, lease: uuid.UUID, state: ImportState, problem: str) -> bool:
    return end_import(job=job, state=state, problem=problem, lease=lease, at=timezone.now())
