"""The audit trail's hash chain names every event that was changed, removed or put in behind the server's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from cast import Cast
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crowd.enums import EventKind
from crowd.models import Event, EventSeal, SealClock
from crowd.queries.seals import chain_end, check_trail
from crowd.services import seals as seal_service
from crowd.services.events import record_event
from crowd.services.seals import seal_events
from crowd.services.sweep import sweep_once, work_off

TABLES = ("crowd_event", "crowd_eventseal")


@contextmanager
def no_triggers() -> Iterator[None]:
    """What somebody with the database's password can do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            yield
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)", TABLES)
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture
def events(cast: Cast) -> list[Event]:
    """Five sealed events of the tests, after those of the cast."""
    made = [
        record_event(kind=EventKind.RULE_FIRED, project=cast.project, actor=cast.owner, detail={"n": n, "x": 0.1 * n})
        for n in range(5)
    ]
    seal_events(is_at_once=True)
    return made


def position_of(event: Event) -> int:
    return EventSeal.objects.get(event=event).position


def test_a_trail_nobody_touched_is_sound(events: list[Event]) -> None:
    report = check_trail()
    assert (report.problems, report.waiting) == ([], 0)
    assert report.position == Event.objects.count() == SealClock.objects.get().position
    assert list(EventSeal.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, report.position + 1)
    )


def test_what_is_not_sealed_yet_is_counted_and_sealed_next(events: list[Event], cast: Cast) -> None:
    before = chain_end()[0]
    late = record_event(kind=EventKind.RULE_FIRED, project=cast.project)
    assert check_trail().waiting == 1
    assert seal_events(is_at_once=True) == 1
    assert position_of(late) == before + 1


@pytest.mark.parametrize(
    "change",
    [
        {"detail": {"n": 999}},
        {"kind": EventKind.RULE_SET},
        {"actor": None},
        {"created_at": timezone.now() - timedelta(minutes=1)},
    ],
)
def test_a_changed_event_is_named_and_no_other(events: list[Event], change: dict[str, object]) -> None:
    with no_triggers():
        Event.objects.filter(pk=events[2].pk).update(**change)
    [problem] = check_trail().problems
    kind = change.get("kind", EventKind.RULE_FIRED)
    assert problem.startswith(f"event {events[2].uid} ({kind}) at position {position_of(events[2])} is not as it was")


def test_a_removed_event_is_named(events: list[Event]) -> None:
    position, number = position_of(events[1]), events[1].pk
    with no_triggers():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA defer_foreign_keys=ON")
            cursor.execute("DELETE FROM crowd_event WHERE id = %s", [number])
        assert check_trail().problems == [f"event number {number} at position {position} was removed"]
        with connection.cursor() as cursor:  # the test's end checks foreign keys
            cursor.execute("DELETE FROM crowd_eventseal WHERE position = %s", [position])
    [seals, _] = [*check_trail().problems, ""]
    assert seals == f"the seals of positions {position} to {position} were removed"


def test_an_end_that_was_cut_off_is_noticed(events: list[Event]) -> None:
    end = chain_end()[0]
    with no_triggers():
        EventSeal.objects.filter(position=end).delete()
        Event.objects.filter(pk=events[-1].pk).delete()
    [problem] = check_trail().problems
    assert problem == (
        f"the chain ends at position {end - 1}, but {end} events were sealed: its end was cut off or changed"
    )


def test_an_event_put_in_with_an_old_date_is_named(events: list[Event], cast: Cast) -> None:
    forged = record_event(kind=EventKind.RULE_FIRED, project=cast.project, at=timezone.now() - timedelta(days=3))
    seal_events(is_at_once=True)
    [problem] = check_trail().problems
    assert problem.startswith(f"event {forged.uid} (rule_fired) at position {position_of(forged)} says it is of ")
    assert problem.endswith("it was put in later")


def test_an_event_put_in_with_an_old_number_is_named(events: list[Event], cast: Cast) -> None:
    # The floor is an hour behind: two rounds later it has passed what is there now.
    SealClock.objects.update(floor_id=events[-1].pk)
    Event.objects.bulk_create(
        [Event(pk=-5, project=cast.project, kind=EventKind.RULE_FIRED, created_at=timezone.now(), detail={})]
    )
    seal_events(is_at_once=True)
    [problem] = check_trail().problems
    assert problem.startswith(f"event {Event.objects.get(pk=-5).uid} (number -5) was never sealed")


def test_a_chain_made_anew_is_caught_by_a_head_that_was_kept_elsewhere(events: list[Event]) -> None:
    position, digest, _ = chain_end()
    with no_triggers():
        Event.objects.filter(pk=events[0].pk).update(detail={"n": "forged"})
        EventSeal.objects.all().delete()
        SealClock.objects.all().delete()
    seal_events(is_at_once=True)
    assert check_trail().problems == []  # without the anchor nobody can tell
    [problem] = check_trail(anchors={position: digest}).problems
    assert problem.endswith("has another hash than was noted elsewhere: the chain was rewritten")
    [problem] = check_trail(anchors={position + 9: digest}).problems
    assert problem == f"position {position + 9} was noted elsewhere, but the chain ends at {position}"


def test_seals_never_change(events: list[Event]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        EventSeal.objects.filter(event=events[0]).update(hash="0" * 64)
    with pytest.raises(DatabaseError), transaction.atomic():
        EventSeal.objects.filter(event=events[0]).delete()


@pytest.mark.parametrize("round_of_work", [sweep_once, work_off])
def test_the_sweep_seals_but_not_at_every_round(cast: Cast, round_of_work, django_assert_max_num_queries) -> None:
    round_of_work()
    sealed = chain_end()[0]
    assert sealed == Event.objects.count()
    record_event(kind=EventKind.RULE_FIRED, project=cast.project)
    with django_assert_max_num_queries(1):
        assert seal_events() == 0
    SealClock.objects.update(looked_at=timezone.now() - timedelta(seconds=11))
    round_of_work()
    assert chain_end()[0] == sealed + 1


def test_many_events_are_sealed_in_pieces(events: list[Event], cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_service, "BATCH", 2)
    for _ in range(5):
        record_event(kind=EventKind.RULE_FIRED, project=cast.project)
    assert seal_events(is_at_once=True) == 5
    assert check_trail().problems == []


def test_the_floor_follows_an_hour_behind(events: list[Event]) -> None:
    newest = events[-1].pk
    assert (SealClock.objects.get().floor_id, SealClock.objects.get().next_floor_id) == (0, newest)
    SealClock.objects.update(next_floor_since=timezone.now() - timedelta(minutes=61))
    seal_events(is_at_once=True)
    assert SealClock.objects.get().floor_id == newest


def test_the_command_prints_the_head_and_refuses_a_changed_trail(events: list[Event]) -> None:
    out = StringIO()
    call_command("verify_audit_log", head=True, stdout=out)
    position, digest, _ = chain_end()
    assert out.getvalue() == f"{position}:{digest}\n"
    out = StringIO()
    call_command("verify_audit_log", anchor=[f"{position}:{digest}"], stdout=out)
    assert out.getvalue() == f"sound: {position} events sealed, 0 wait for their seal\nhead {position}:{digest}\n"
    with no_triggers():
        Event.objects.filter(pk=events[0].pk).update(detail={})
    with pytest.raises(CommandError, match=f"NOT as it was sealed\nevent {events[0].uid}"):
        call_command("verify_audit_log")
    with pytest.raises(CommandError, match="write POSITION:HASH"):
        call_command("verify_audit_log", anchor=["7"])
