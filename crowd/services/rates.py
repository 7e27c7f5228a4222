"""Counts calls over all processes: each takes a block of a caller's calls for itself, and comes back for the next."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from crowd.models import RateWindow

KEPT_WINDOWS = 60


def take_block(*, caller: str, window: int, block: int, limit: int, window_seconds: int) -> bool:
    """Take ``block`` of the caller's ``limit`` calls in a window; False when there are not so many left.

    Never more than the limit is given, whatever the number of processes: Redis adds atomically, and where there is
    none a guarded update does.
    """
    if settings.RATE_STORE == "cache":
        key = f"rate:{caller}:{window}"
        cache.add(key, 0, timeout=2 * window_seconds)
        return bool(cache.incr(key, block) <= limit)
    with transaction.atomic():
        RateWindow.objects.bulk_create([RateWindow(caller=caller, window=window)], ignore_conflicts=True)
        mine = RateWindow.objects.filter(caller=caller, window=window, taken__lte=limit - block)
        return mine.update(taken=F("taken") + block) == 1


def forget_windows(*, now: float | None = None) -> int:
    """Delete what was counted more than an hour ago; returns how many rows."""
    minute = int(time.time() if now is None else now) // 60
    return RateWindow.objects.filter(window__lt=minute - KEPT_WINDOWS).delete()[0]
