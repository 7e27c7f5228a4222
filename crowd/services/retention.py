"""Forgets what has been kept as long as the settings say, in bounded steps, at most once an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from crowd.enums import CallState, RaterRunState
from crowd.models import RaterCall

BATCH = 500
# So that one round holds nobody up; what is left is forgotten in the next.
MOST_BATCHES = 20
EVERY_SECONDS = 3600
KEY = "assay:retention"
# A reply that was forgotten; never NULL, which would mean that none came.
FORGOTTEN: dict[str, str] = {"forgotten": "kept as long as the settings say"}


def apply_retention(*, is_at_once: bool = False) -> dict[str, int]:
    """Forget what is over; returns how many rows of each kind. Safe to run twice and at the same time.

    Files, webhooks' messages, browsers and outcomes of POSTs are forgotten by those who keep them: `stored_files`,
    `courier`, `measuring`, `idempotency`.
    """
    if not is_at_once and not cache.add(KEY, 1, EVERY_SECONDS):
        return {}
    now = timezone.now()
    kept = settings.KEPT_DAYS
    forgotten = {
        "log_ins": _delete(AccessAttempt.objects.filter(attempt_time__lt=_before(now, kept["log_ins"]))),
        "sessions": _delete(Session.objects.filter(expire_date__lt=now)),
    }
    if kept["model_replies"]:
        forgotten["model_replies"] = _forget_replies(_before(now, kept["model_replies"]))
    return forgotten


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _delete(rows: QuerySet[Any]) -> int:
    total = 0
    for _ in range(MOST_BATCHES):
        doomed = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if doomed:
            rows.model._default_manager.filter(pk__in=doomed).delete()
        total += len(doomed)
        if len(doomed) < BATCH:
            break
    return total


def _forget_replies(cutoff: datetime) -> int:
    """What was made of a reply stays, in the cached vote; only runs that are over are touched."""
    rows = RaterCall.objects.filter(
        created_at__lt=cutoff, state=CallState.REPLIED, run__state=RaterRunState.FINISHED
    ).exclude(reply=FORGOTTEN)
    total = 0
    for _ in range(MOST_BATCHES):
        old = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        total += RaterCall.objects.filter(pk__in=old).update(reply=FORGOTTEN)
        if len(old) < BATCH:
            break
    return total
