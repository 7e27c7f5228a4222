"""Makes the files of exports; whoever dies at one is replaced, and the file is begun anew."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crowd.enums import EventKind, ExportState
from crowd.errors import DomainError
from crowd.models import Export, StoredFile
from crowd.policies.exports import ExportPlan
from crowd.queries.exports import Counted, export_blocks, plan_for
from crowd.services.announcements import announce_export
from crowd.services.collector import seldom_collecting
from crowd.services.events import record_event
from crowd.services.stored_files import discard_file, store_file

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
BEAT_SECONDS = 2.0
PAUSE = timedelta(seconds=5)
MAX_ATTEMPTS = 5
MAX_BYTES = 64 << 30


class _Lost(Exception):
    """The export is no longer this process's."""


def due_exports() -> QuerySet[Export]:
    """Exports that nobody is at."""
    is_idle = Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now())
    return Export.objects.filter(is_idle, finished_at__isnull=True).order_by("id")


def plan_of(job: Export) -> ExportPlan:
    """The plan that was ordered."""
    filters = dict(job.filters)
    if "since" in filters:
        filters["since"] = parse_datetime(filters["since"])
    return plan_for(job.project, kind=job.kind, file_format=job.file_format, filters=filters)


def run_export(*, export_id: int) -> bool:
    """Make the file of an export; False when it is not there, has ended, or another process is at it."""
    now, lease = timezone.now(), uuid.uuid4()
    taken = due_exports().filter(pk=export_id)
    if not taken.update(
        lease=lease,
        leased_until=now + LEASE,
        state=ExportState.WRITING,
        attempts=F("attempts") + 1,
        started_at=Coalesce("started_at", now),
    ):
        return False
    job = Export.objects.select_related("project").get(pk=export_id)
    try:
        with seldom_collecting():
            _make(job, lease)
    except _Lost:
        return _end(job, lease, ExportState.CANCELLED) if _is_cancelled(job) else False
    except DomainError as error:
        return _end(job, lease, ExportState.FAILED, error.detail)
    except Exception as error:
        logger.exception("export %s stumbled", job.uid)
        if job.attempts >= MAX_ATTEMPTS:
            return _end(job, lease, ExportState.FAILED, f"it could not be made ({type(error).__name__})")
        Export.objects.filter(pk=job.pk, lease=lease).update(leased_until=timezone.now() + PAUSE)
        return False
    return True


def _make(job: Export, lease: uuid.UUID) -> None:
    counted = Counted()
    blocks = _beaten(job, lease, export_blocks(job.project, plan_of(job), counted), counted)
    keep = timedelta(days=settings.FILES_KEPT_DAYS)
    file = store_file(project=job.project, blocks=blocks, limit_bytes=MAX_BYTES, keep=keep)
    if not _end(job, lease, ExportState.FINISHED, file=file, rows=counted.rows):
        discard_file(file=file)
        raise _Lost


def _beaten(job: Export, lease: uuid.UUID, blocks: Iterable[bytes], counted: Counted) -> Iterator[bytes]:
    """The blocks, with a sign of life every few seconds; raises _Lost once the export is somebody else's."""
    last = time.monotonic()
    held = Export.objects.filter(pk=job.pk, lease=lease, is_cancel_asked=False)
    for block in blocks:
        yield block
        if time.monotonic() - last > BEAT_SECONDS:
            last = time.monotonic()
            if not held.update(rows=counted.rows, leased_until=timezone.now() + LEASE):
                raise _Lost
    if not held.exists():
        raise _Lost


def _is_cancelled(job: Export) -> bool:
    return Export.objects.filter(pk=job.pk, is_cancel_asked=True).exists()


def _end(
    job: Export,
    lease: uuid.UUID,
    state: ExportState,
    problem: str = "",
    *,
    file: StoredFile | None = None,
    rows: int = 0,
) -> bool:
    now = timezone.now()
    with transaction.atomic():
        held = Export.objects.filter(pk=job.pk, lease=lease, finished_at__isnull=True)
        if not held.update(
            state=state,
            problem=problem,
            file=file,
            rows=rows,
            size_bytes=None if file is None else file.size_bytes,
            expires_at=None if file is None else file.expires_at,
            finished_at=now,
            lease=None,
            leased_until=None,
        ):
            return False
        kinds = {ExportState.FINISHED: EventKind.EXPORT_READY, ExportState.FAILED: EventKind.EXPORT_FAILED}
        if state in kinds:
            detail = {"kind": job.kind, "format": job.file_format, "rows": rows, "problem": problem}
            record_event(kind=kinds[state], project=job.project, subject=job.uid, detail=detail, at=now)
        if file is not None:
            announce_export(job=job, project=job.project, rows=rows, size_bytes=file.size_bytes or 0, at=now)
    return True
