"""How long "nothing for you" stands without looking again, when no task has opened since."""

from __future__ import annotations

from datetime import timedelta

# Finding nothing costs one probe per task that the worker has seen: below this it costs less than remembering it.
WORTH_REMEMBERING = 500
# A hundred times what a probe takes: at most a hundredth of one core goes to telling a waiting worker the same again.
SECONDS_PER_CLAIM = 0.0004
LONGEST_SECONDS = 60.0


def stands_for(claims: int) -> timedelta | None:
    """How long the reply stands for a worker with that many claims; None when it is not worth remembering."""
    if claims < WORTH_REMEMBERING:
        return None
    return timedelta(seconds=min(LONGEST_SECONDS, claims * SECONDS_PER_CLAIM))
