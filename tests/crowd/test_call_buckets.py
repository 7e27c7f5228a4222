"""The limits of requests and tokens a minute hold over all processes that ask at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cast import make_cast
from django.db import connections
from raters_at_work import chat_rater

from crowd.models import CallBucket, Rater
from crowd.services import call_buckets
from crowd.services.call_buckets import correct, take

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 1, 1, tzinfo=UTC)
THREADS, ASKED = 6, 15


class Clock:
    """The time of the buckets, moved by hand."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """The time."""
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    settings.ARE_LOCAL_MODELS_ALLOWED = True
    clock = Clock()
    monkeypatch.setattr(call_buckets, "timezone", clock)
    return clock


def limited(**limits: int) -> Rater:
    return chat_rater(make_cast(), "http://127.0.0.1:9/v1", **limits)


def race(rater: Rater, tokens: int) -> tuple[int, list[float]]:
    """Ask from many threads at once, each with a connection of its own; how many may call, the others' waits."""
    gate, lock = threading.Barrier(THREADS), threading.Lock()
    granted, waits = 0, []
    failures: list[BaseException] = []

    def ask() -> None:
        nonlocal granted
        try:
            own = Rater.objects.select_related("project").get(pk=rater.pk)
            gate.wait()
            for _ in range(ASKED):
                delay = take(rater=own, tokens=tokens)
                with lock:
                    granted += delay == 0
                    waits.extend([delay] if delay else [])
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return granted, waits


@pytest.mark.race
def test_no_more_requests_are_let_through_than_a_minute_allows(clock: Clock) -> None:
    rater = limited(requests_per_minute=40)
    granted, waits = race(rater, tokens=10)
    assert granted == 40
    assert waits == [pytest.approx(1.5)] * (THREADS * ASKED - 40)
    clock.at += timedelta(seconds=15)
    assert race(rater, tokens=10)[0] == 10
    # A long rest is worth one minute, not more.
    clock.at += timedelta(hours=1)
    assert race(rater, tokens=10)[0] == 40


@pytest.mark.race
def test_no_more_tokens_are_let_through_than_a_minute_allows(clock: Clock) -> None:
    rater = limited(tokens_per_minute=1_000, requests_per_minute=1_000)
    assert race(rater, tokens=37)[0] == 1_000 // 37
    clock.at += timedelta(seconds=30)
    assert race(rater, tokens=37)[0] == (1_000 - 27 * 37 + 500) // 37


@pytest.mark.race
def test_raters_of_one_model_share_a_bucket_and_those_of_others_do_not(clock: Clock) -> None:
    cast = make_cast()
    first, second, other = (
        chat_rater(cast, "http://127.0.0.1:9/v1", name=f"m{i}", requests_per_minute=30, spec=spec)
        for i, spec in enumerate([{}, {"seed": 5}, {"model": "other"}])
    )
    assert race(first, tokens=1)[0] == 30
    assert race(second, tokens=1)[0] == 0
    assert race(other, tokens=1)[0] == 30


def test_what_a_guess_was_off_by_is_taken_as_well(clock: Clock) -> None:
    rater = limited(tokens_per_minute=1_000)
    assert take(rater=rater, tokens=400) == 0
    correct(rater=rater, guessed=400, actual=900)
    assert CallBucket.objects.get().tokens == pytest.approx(100)
    assert take(rater=rater, tokens=200) == pytest.approx(6)


def test_a_clock_that_goes_back_gives_nothing(clock: Clock) -> None:
    rater = limited(requests_per_minute=2)
    assert [take(rater=rater, tokens=1) for _ in range(2)] == [0, 0]
    clock.at -= timedelta(minutes=5)
    assert take(rater=rater, tokens=1) > 0
    clock.at = START
    assert take(rater=rater, tokens=1) > 0


def test_a_call_larger_than_a_minute_waits_for_a_full_bucket(clock: Clock) -> None:
    rater = limited(tokens_per_minute=100)
    assert take(rater=rater, tokens=50) == 0
    assert take(rater=rater, tokens=500) == pytest.approx(30)
    clock.at += timedelta(seconds=30)
    assert take(rater=rater, tokens=500) == 0
    # The debt is paid off before the next one.
    assert take(rater=rater, tokens=10) == pytest.approx((10 + 400) * 60 / 100)
