"""When the next full fit of a project may start."""

from __future__ import annotations

from datetime import datetime, timedelta

# A fit may take at most this share of the time: a project ten times the size is refitted a tenth as often.
DUTY = 0.1
SHORTEST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 600.0
# A refit that has not reported back for this long is taken to be dead; it reports several times as often.
LEASE_SECONDS = 60
BEAT_SECONDS = 15.0
PAUSE_AFTER_FAILURE_SECONDS = 60


def next_refit(finished_at: datetime, fit_seconds: float) -> datetime:
    """The earliest start of the next fit after one that took ``fit_seconds``."""
    pause = min(max(fit_seconds / DUTY, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
    return finished_at + timedelta(seconds=pause)
