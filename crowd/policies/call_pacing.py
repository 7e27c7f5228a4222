"""How often a call is tried, how long it pauses in between, when a run gives up on an endpoint."""

from __future__ import annotations

MAX_SENT = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A longer wait is not sat out: the run is put aside and looked at again after it.
LONGEST_WAIT_IN_HAND = 10.0
LONGEST_RETRY_AFTER = 3600.0
# So many votes in a row without a reply: the endpoint is down, and going on would only list failures.
FAILURES_IN_A_ROW = 5


def pause_before(*, sent: int, retry_after: float | None, jitter: float) -> float:
    """Seconds until a call that failed ``sent`` times is tried again; ``jitter`` in [0, 1) spreads the crowd.

    What the endpoint asks for is a lower bound, with up to a tenth on top, so that not all come back at once.
    """
    own = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (sent - 1)) * (0.5 + jitter / 2)
    if retry_after is None:
        return own
    return max(own, min(LONGEST_RETRY_AFTER, retry_after) * (1 + jitter / 10))


def wait_for(*, need: float, left: float, per_minute: float) -> float:
    """Seconds until a bucket that fills by ``per_minute`` holds what is needed; more than fits waits for a full one."""
    return max(0.0, (min(need, per_minute) - left) * 60 / per_minute)


def refilled(*, left: float, per_minute: float, elapsed_seconds: float) -> float:
    """What a bucket holds after a while; never more than a minute's worth."""
    return min(per_minute, left + elapsed_seconds * per_minute / 60)
