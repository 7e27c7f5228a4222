"""Takes orders of exports in, and cancels them; `crowd.services.export_runs` makes the files."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crowd.enums import EventKind, ExportState
from crowd.errors import Conflict
from crowd.jobs import enqueue_export
from crowd.models import Export, Project, User
from crowd.policies.exports import ExportPlan
from crowd.services.events import record_event


def create_export(*, project: Project, plan: ExportPlan, actor: User) -> Export:
    """Queue an export."""
    with transaction.atomic():
        job = Export.objects.create(
            project=project, actor=actor, kind=plan.kind, file_format=plan.file_format, filters=plan.filters()
        )
        detail = {"kind": plan.kind, "format": plan.file_format}
        record_event(kind=EventKind.EXPORT_ORDERED, project=project, actor=actor, subject=job.uid, detail=detail)
        enqueue_export(job.pk)
    return job


def cancel_export(*, job: Export) -> Export:
    """Stop an export. Raises Conflict when it has ended."""
    now = timezone.now()
    with transaction.atomic():
        open_ones = Export.objects.filter(pk=job.pk, finished_at__isnull=True)
        if not open_ones.update(is_cancel_asked=True):
            job.refresh_from_db()
            raise Conflict(f"the export is {job.state}; there is nothing to cancel")
        # Whoever is at it notices with its next page; where nobody is, it ends here.
        idle = open_ones.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))
        idle.update(state=ExportState.CANCELLED, finished_at=now, lease=None, leased_until=None)
    job.refresh_from_db()
    return job
