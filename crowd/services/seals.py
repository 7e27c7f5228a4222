"""Seals the events of the audit trail into its hash chain, some at a time, after they were committed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from crowd.models import Event, EventSeal, SealClock
from crowd.policies.seals import COVERED, GENESIS, link_hash

BATCH = 1000
# How long an event waits at least until somebody looks: the sweep runs much more often.
PAUSE = timedelta(seconds=10)
# No transaction is open for as long; see SealClock.
FLOOR_AFTER = timedelta(hours=1)


def seal_events(*, is_at_once: bool = False) -> int:
    """Append the events that are not sealed yet; returns how many. Any number of processes may call this.

    Events are written without looking at the chain, so that no claim waits for it; here whoever holds the clock's row
    appends what has been committed since, in the order of the events' numbers. ``is_at_once``: however short ago
    somebody looked.
    """
    now = timezone.now()
    clock = SealClock.objects.filter(pk=1).first()
    if clock is None:
        SealClock.objects.bulk_create([SealClock(pk=1, hash=GENESIS)], ignore_conflicts=True)
    elif not is_at_once and clock.looked_at is not None and now - clock.looked_at < PAUSE:
        return 0
    sealed = 0
    while True:
        with transaction.atomic():
            count = _append(now)
        sealed += count
        if count < BATCH:
            return sealed


def _append(now: datetime) -> int:
    clock = SealClock.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if clock is None:
        return 0
    events = list(
        Event.objects.filter(id__gt=clock.floor_id, seal__isnull=True).order_by("id").values(*COVERED)[:BATCH]
    )
    seals = []
    for event in events:
        clock.position += 1
        clock.hash = link_hash(previous=clock.hash, position=clock.position, sealed_at=now, event=event)
        seals.append(EventSeal(position=clock.position, event_id=event["id"], sealed_at=now, hash=clock.hash))
    EventSeal.objects.bulk_create(seals)
    if seals:
        clock.sealed_at = now
    clock.looked_at = now
    if len(events) < BATCH:
        _raise_floor(clock, now)
    clock.save()
    return len(events)


def _raise_floor(clock: SealClock, now: datetime) -> None:
    if clock.next_floor_since is not None and now - clock.next_floor_since < FLOOR_AFTER:
        return
    if clock.next_floor_since is not None:
        clock.floor_id = clock.next_floor_id
    clock.next_floor_id = Event.objects.aggregate(newest=Max("id"))["newest"] or 0
    clock.next_floor_since = now
