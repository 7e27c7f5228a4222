"""When a webhook is tried again, rested, given up or switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Seconds after each failed try before the next: eight tries over a day and a few hours, then the message is dead.
RETRY_SECONDS = (5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 8 * HOUR, 10 * HOUR)
# A wait is stretched by up to this share, so that what failed together does not come back together.
JITTER = 0.2
# What a receiver may ask for by Retry-After, at most.
LONGEST_RETRY_AFTER_SECONDS = HOUR
# After this many failures in a row an address is left alone for a while, then asked with one message at a time:
# a dead receiver with a long queue costs a request every few minutes.
FAILURES_BEFORE_REST = 5
FIRST_REST_SECONDS = 10
LONGEST_REST_SECONDS = 5 * MINUTE
# An address where nothing has arrived for so long is switched off.
DISABLED_AFTER = timedelta(days=5)
# A process that has not reported on a message for so long has died; several times the longest request.
LEASE_SECONDS = 120
# How long messages stay in the log.
KEPT = timedelta(days=30)
# How long the old secret stays valid beside the new one, unless asked otherwise.
SECRET_OVERLAP_HOURS = 24
MAX_SECRET_OVERLAP_HOURS = 7 * 24

GONE = 410

Fate = Literal["delivered", "again", "dead", "gone"]


def fate_of(*, status: int | None, tries: int) -> Fate:
    """What becomes of a message after try number ``tries`` (1, 2, …) of its round; ``status`` None: no reply came."""
    if status is not None and 200 <= status < 300:
        return "delivered"
    if status == GONE:
        return "gone"
    return "again" if tries <= len(RETRY_SECONDS) else "dead"


def pause_before_next(*, tries: int, chance: float, retry_after_seconds: float | None = None) -> timedelta:
    """The wait after failed try number ``tries``; ``chance`` in [0, 1] spreads it."""
    seconds = RETRY_SECONDS[tries - 1] * (1 + JITTER * chance)
    if retry_after_seconds is not None:
        seconds = max(seconds, min(retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS))
    return timedelta(seconds=seconds)


def rest_after(*, failures: int, chance: float) -> timedelta | None:
    """How long an address is left alone after ``failures`` in a row; None while it is not."""
    if failures < FAILURES_BEFORE_REST:
        return None
    doubled = FIRST_REST_SECONDS * 2 ** min(failures - FAILURES_BEFORE_REST, 20)
    return timedelta(seconds=min(doubled, LONGEST_REST_SECONDS) * (1 + JITTER * chance))


def is_hopeless(*, failing_since: datetime, now: datetime) -> bool:
    """Whether nothing has arrived for so long that an address is switched off."""
    return now - failing_since >= DISABLED_AFTER
