"""Counts calls over all processes: each takes a block of a caller's calls for itself, and comes back for the next."""

from __future__ import annotations

import logging
import time

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from crowd.models import RateWindow

logger = logging.getLogger(__name__)
KEPT_WINDOWS = 60


def take_block(*, caller: str, window: int, block: int, limit: int, window_seconds: int) -> bool:
    """Take ``block`` of the caller's ``limit`` calls in a window; False when there are not so many left.

    Never more than the limit is given, whatever the number of processes: Redis adds atomically, and where there is
    none a guarded update does. While Redis is away the table counts, from nought: a limit that is doubled for a minute
    is better than nobody served.
    """
    if settings.RATE_STORE == "cache":
        try:
            return _take_from_cache(f"rate:{caller}:{window}", block, limit, window_seconds)
        except (redis.RedisError, ValueError) as error:
            # A ValueError: Redis came back empty between the two calls.
            logger.warning("calls are counted in the database, for Redis does not: %s", error)
    with transaction.atomic():
        RateWindow.objects.bulk_create([RateWindow(caller=caller, window=window)], ignore_conflicts=True)
        mine = RateWindow.objects.filter(caller=caller, window=window, taken__lte=limit - block)
        return mine.update(taken=F("taken") + block) == 1


def _take_from_cache(key: str, block: int, limit: int, window_seconds: int) -> bool:
    cache.add(key, 0, timeout=2 * window_seconds)
    return bool(cache.incr(key, block) <= limit)


def forget_windows(*, now: float | None = None) -> int:
    """Delete what was counted more than an hour ago; returns how many rows."""
    minute = int(time.time() if now is None else now) // 60
    return RateWindow.objects.filter(window__lt=minute - KEPT_WINDOWS).delete()[0]
