"""Takes the readings of projects: figures about workers, drift, calibration, fairness, flags."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crowd.enums import ReadingKind
from crowd.models import DeviceSighting, Measurement, Project, ProjectReading, WorkerReading
from crowd.queries.fairness import fairness_figures
from crowd.queries.fraud_signals import fraud_signals
from crowd.queries.trust_figures import trust_figures
from crowd.services.fairness import note_crossing
from crowd.services.flags import raise_flags

logger = logging.getLogger(__name__)
# Readings are looked at by people: minutes old is new enough, and a busy project is not read after every fit.
PAUSE = timedelta(minutes=5)
LEASE = timedelta(minutes=30)
# How long a browser is remembered.
SIGHTING_KEPT = timedelta(days=30)
BATCH = 500


def request_measurement(*, project: Project) -> None:
    """Have the project's readings taken, some minutes after the last ones; in the caller's transaction."""
    row, _ = Measurement.objects.get_or_create(project=project)
    now = timezone.now()
    due = now if row.measured_at is None else max(now, row.measured_at + PAUSE)
    Measurement.objects.filter(pk=row.pk, due_at__isnull=True).update(due_at=due)


def measure_project(*, project_id: int) -> bool:
    """Take all readings of a project now; False where another process is at it. Safe to run twice, to be killed.

    Everything written can be written again: whoever dies holding the lease is replaced once it runs out.
    """
    started = timezone.now()
    Measurement.objects.get_or_create(project_id=project_id)
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=started)
    # Cleared before reading: what comes during the reading makes the next one due.
    leased = Measurement.objects.filter(free, project_id=project_id).update(leased_until=started + LEASE, due_at=None)
    if not leased:
        return False
    try:
        _read_and_store(project_id, started)
    except Exception:
        # The lease stays until it runs out: a reading that fails is not tried again at once.
        logger.exception("the readings of project %s failed", project_id)
        return False
    return True


def _read_and_store(project_id: int, started: datetime) -> None:
    project = Project.objects.get(pk=project_id)
    figures = trust_figures(project)
    signals = fraud_signals(project, figures, started)
    fairness = fairness_figures(project, started)
    now = timezone.now()
    with transaction.atomic():
        WorkerReading.objects.bulk_create(
            [
                WorkerReading(project=project, worker_id=worker_id, figures=row, measured_at=now)
                for worker_id, row in figures.workers.items()
            ],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["project", "worker"],
            update_fields=["figures", "measured_at"],
        )
        reports = {
            ReadingKind.CONTRIBUTORS: figures.contributors,
            ReadingKind.DRIFT: figures.drift,
            ReadingKind.CALIBRATION: figures.calibration,
            ReadingKind.FAIRNESS: asdict(fairness),
        }
        for kind, report in reports.items():
            ProjectReading.objects.update_or_create(
                project=project, kind=kind, defaults={"figures": report, "measured_at": now}
            )
        note_crossing(project=project, figures=fairness, at=now)
        raise_flags(project=project, signals=signals, at=now)
        Measurement.objects.filter(project=project).update(leased_until=None, measured_at=now)


def due_measurements() -> QuerySet[Measurement]:
    """The projects whose readings are due, and those whose last reading died."""
    now = timezone.now()
    is_due = Q(due_at__lte=now) & (Q(leased_until__isnull=True) | Q(leased_until__lt=now))
    # A lease that ran out belongs to a reading that died after it had cleared the due date.
    return Measurement.objects.filter(is_due | Q(leased_until__lt=now)).order_by("project_id")


def forget_browsers() -> int:
    """Delete what is remembered of browsers beyond its time; returns how many sightings."""
    deleted, _ = DeviceSighting.objects.filter(last_seen_at__lt=timezone.now() - SIGHTING_KEPT).delete()
    return deleted
