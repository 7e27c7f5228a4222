"""Moves the leases of projects after the work times that they see."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crowd.enums import ProjectState
from crowd.models import Answer, Project
from crowd.policies.leases import OBSERVED, lease_for

PAUSE = timedelta(minutes=5)


def adjust_leases() -> int:
    """Look again at the projects whose lease is not fixed, each every few minutes; returns how many moved.

    Leases that run already keep their deadline.
    """
    now = timezone.now()
    is_due = Q(lease_observed_at__isnull=True) | Q(lease_observed_at__lt=now - PAUSE)
    due = Project.objects.filter(is_due, state=ProjectState.LIVE, is_lease_fixed=False)
    return sum(_adjust(project_id) for project_id in list(due.values_list("id", flat=True)))


def _adjust(project_id: int) -> bool:
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
        if project.is_lease_fixed:
            return False
        # A late answer's time is its own, not cut off at the lease: the lease can grow.
        newest = Answer.objects.filter(project=project, is_model=False).order_by("-id")
        # How long an answer took that came in a file is not for us to say. Twice as many are looked at, not all.
        seen = newest.values_list("elapsed_seconds", "worker__imported_as")[: 2 * OBSERVED]
        own = [seconds for seconds, imported_as in seen if imported_as is None][:OBSERVED]
        lease_seconds = lease_for(own, now_seconds=project.lease_seconds)
        is_moved = lease_seconds != project.lease_seconds
        project.lease_seconds, project.lease_observed_at = lease_seconds, timezone.now()
        project.save(update_fields=["lease_seconds", "lease_observed_at"])
        return is_moved
