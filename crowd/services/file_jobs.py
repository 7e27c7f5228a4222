"""Finds imports, exports and files that wait for somebody: lost messages, dead processes, what has expired."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from crowd.enums import ExportState
from crowd.jobs import enqueue_export, enqueue_import
from crowd.models import Export
from crowd.services.export_runs import due_exports, run_export
from crowd.services.import_runs import due_imports, run_import
from crowd.services.stored_files import discard_expired

# A message that has not led to work after this long is taken to be lost.
LOST_AFTER = timedelta(seconds=30)


def work_off_files() -> bool:
    """Without a broker: carry out one import and one export, in this thread; True when there may be more."""
    discard_old_files()
    import_id = due_imports().values_list("id", flat=True).first()
    is_busy = import_id is not None and run_import(import_id=import_id)
    export_id = due_exports().values_list("id", flat=True).first()
    return (export_id is not None and run_export(export_id=export_id)) or is_busy


def enqueue_lost_files() -> None:
    """With a broker: enqueue the imports and exports that nobody is at, and throw away what has expired."""
    discard_old_files()
    is_lost = Q(leased_until__isnull=False) | Q(created_at__lt=timezone.now() - LOST_AFTER)
    for import_id in due_imports().filter(is_lost).values_list("id", flat=True)[:20]:
        enqueue_import(import_id)
    for export_id in due_exports().filter(is_lost).values_list("id", flat=True)[:20]:
        enqueue_export(export_id)


def discard_old_files() -> None:
    """Throw away the files whose time is over; their exports then say so."""
    now = timezone.now()
    Export.objects.filter(state=ExportState.FINISHED, expires_at__lt=now).update(state=ExportState.EXPIRED)
    discard_expired(at=now)
