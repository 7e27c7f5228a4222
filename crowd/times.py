"""Writes times as everything that leaves the system has them: UTC in ISO 8601 with a ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime


def zulu(moment: datetime) -> str:
    """``2026-03-01T09:30:00Z``, with the microseconds where there are any."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def zulu_or_none(moment: datetime | None) -> str | None:
    """None for a time that is not known, or has not come."""
    return None if moment is None else zulu(moment)
