"""How long to wait before a failed answer is processed again."""

from __future__ import annotations

from datetime import timedelta

FIRST_SECONDS = 5
LONGEST_SECONDS = 3600


def pause_after(attempts: int) -> timedelta:
    """The pause after ``attempts`` failures (1, 2, …): doubling, at most an hour; never given up, always listed."""
    return timedelta(seconds=min(FIRST_SECONDS * 2 ** (attempts - 1), LONGEST_SECONDS))
