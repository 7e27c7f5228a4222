"""Times go out in UTC with a Z, whatever zone they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from crowd.times import zulu, zulu_or_none


def test_a_time_is_written_in_utc_with_a_z() -> None:
    assert zulu(datetime(2026, 3, 1, 9, 30, tzinfo=UTC)) == "2026-03-01T09:30:00Z"
    paris = timezone(timedelta(hours=2))
    assert zulu(datetime(2026, 3, 1, 0, 30, 0, 5, tzinfo=paris)) == "2026-02-28T22:30:00.000005Z"


def test_no_time_stays_none() -> None:
    assert zulu_or_none(None) is None
    assert zulu_or_none(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00Z"
