"""How long to wait before a failed answer is processed again."""

from __future__ import annotations

from datetime import timedelta

FIRST_SECONDS = 5
LONGEST_SECONDS = 3600
# A pause is stretched by up to this share, so that what failed together does not come back together.
JITTER = 0.2


def pause_after(attempts: int, *, chance: float) -> timedelta:
    """The pause after ``attempts`` failures (1, 2, …): doubling, at most an hour; never given up, always listed.

    ``chance`` in [0, 1] spreads it.
    """
    doubled = FIRST_SECONDS * 2 ** min(attempts - 1, 20)
    return timedelta(seconds=min(doubled, LONGEST_SECONDS) * (1 + JITTER * chance))
