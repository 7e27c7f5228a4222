"""Checks the audit trail against its hash chain and names what was changed, removed or put in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crowd.models import Event, EventSeal, SealClock
from crowd.policies.seals import COVERED, GENESIS, link_hash

CHUNK = 2000
# An event that says it is older than the round which should have sealed it, by more than this, came later: no
# transaction is open for as long.
LATE = timedelta(hours=1)


@dataclass
class TrailReport:
    """What a check found: how far the chain goes, its last hash, the problems, how many events still wait."""

    position: int = 0
    hash: str = GENESIS
    waiting: int = 0
    problems: list[str] = field(default_factory=list)


def chain_end() -> tuple[int, str, datetime | None]:
    """How many events are sealed, the last hash, when it was made."""
    clock = SealClock.objects.filter(pk=1).first()
    return (0, GENESIS, None) if clock is None else (clock.position, clock.hash, clock.sealed_at)


def check_trail(*, anchors: dict[int, str] | None = None, most: int = 100) -> TrailReport:
    """Walk the whole chain. ``anchors``: hashes by position, noted elsewhere earlier: the chain must still have them.

    Reads in pieces; a trail that is written to meanwhile is checked up to where the chain stood at the beginning.
    """
    report = TrailReport()
    end, end_hash, _ = chain_end()
    open_anchors = dict(anchors or {})
    for problem in _walk(end, report, open_anchors):
        if len(report.problems) < most:
            report.problems.append(problem)
    if report.position != end or report.hash != end_hash:
        report.problems.append(
            f"the chain ends at position {report.position}, but {end} events were sealed: "
            "its end was cut off or changed"
        )
    for position in open_anchors:
        report.problems.append(f"position {position} was noted elsewhere, but the chain ends at {report.position}")
    report.problems += [
        f"event {uid} (number {pk}) was never sealed, though all up to its number were: it was put in later"
        for pk, uid in _unsealed(is_under_floor=True)[:most]
    ]
    report.waiting = len(_unsealed(is_under_floor=False))
    return report


def _walk(end: int, report: TrailReport, anchors: dict[int, str]) -> Iterator[str]:
    round_before: datetime | None = None
    round_now: datetime | None = None
    before = "the beginning"
    while True:
        rows = list(
            EventSeal.objects.filter(position__gt=report.position, position__lte=end)
            .order_by("position")
            .values_list("position", "event_id", "sealed_at", "hash")[:CHUNK]
        )
        if not rows:
            return
        events = {row["id"]: row for row in Event.objects.filter(id__in=[row[1] for row in rows]).values(*COVERED)}
        for position, event_id, sealed_at, stored in rows:
            if position != report.position + 1:
                yield f"the seals of positions {report.position + 1} to {position - 1} were removed"
                # What stood there cannot be known: go on from what this seal claims.
                before = f"position {position - 1}"
            event = events.get(event_id)
            if event is None:
                yield f"event number {event_id} at position {position} was removed"
                here = f"event number {event_id}"
            else:
                here = f"event {event['uid']} ({event['kind']})"
                yield from _judge(event, here, before, position, sealed_at, stored, report)
                if sealed_at != round_now:
                    round_before, round_now = round_now, sealed_at
                if round_before is not None and event["created_at"] < round_before - LATE:
                    yield (
                        f"{here} at position {position} says it is of {_minute(event['created_at'])}, but it was "
                        f"not there when events were sealed at {_minute(round_before)}: it was put in later"
                    )
            noted = anchors.pop(position, None)
            if noted is not None and noted != stored:
                yield f"position {position} ({here}) has another hash than was noted elsewhere: the chain was rewritten"
            report.position, report.hash, before = position, stored, here


def _judge(
    event: dict[str, Any], here: str, before: str, position: int, sealed_at: datetime, stored: str, report: TrailReport
) -> Iterator[str]:
    if position != report.position + 1:
        return
    found = link_hash(previous=report.hash, position=position, sealed_at=sealed_at, event=event)
    if found != stored:
        yield f"{here} at position {position} is not as it was sealed: it was changed, or the seal of {before} was"


def _unsealed(*, is_under_floor: bool) -> list[tuple[int, Any]]:
    clock = SealClock.objects.filter(pk=1).first()
    floor = 0 if clock is None else clock.floor_id
    rows = Event.objects.filter(seal__isnull=True)
    rows = rows.filter(id__lte=floor) if is_under_floor else rows.filter(id__gt=floor)
    return list(rows.order_by("id").values_list("id", "uid"))


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
