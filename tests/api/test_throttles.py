"""Callers who call too often are told when to come back, whichever way they come."""

from __future__ import annotations

from typing import Any

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast

from api import throttles
from crowd.models import RateWindow
from crowd.services.rates import forget_windows, take_block

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATES = {"work": 2, "read": 2, "write": 2}
    settings.RATE_STORE = "database"
    monkeypatch.setattr(throttles, "_left", throttles.OrderedDict())
    monkeypatch.setattr(throttles.time, "time", lambda: 1_800_000_030.0)


@pytest.mark.usefixtures("few")
def test_the_third_call_of_two_is_refused_with_the_time_to_come_back(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    replies = [client.get(url(cast, "rules")) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert problem(replies[2]) == (429, "throttled")
    assert int(replies[2]["Retry-After"]) == 31


@pytest.mark.usefixtures("few")
def test_claims_count_for_themselves(cast: Cast) -> None:
    client = as_worker(cast)
    replies = [client.post(url(cast, "claim"), {}, format="json") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert "Retry-After" in replies[2]
    assert client.get("/api/v1/courses").status_code == 429


@pytest.mark.parametrize("store", ["cache", "database"])
def test_no_more_is_given_than_the_limit(settings: Any, store: str) -> None:
    settings.RATE_STORE = store
    take = {"caller": f"u:{store}", "window": 7, "block": 3, "limit": 10, "window_seconds": 60}
    assert [take_block(**take) for _ in range(4)] == [True, True, True, False]
    assert take_block(**take | {"window": 8})


def test_old_windows_are_forgotten() -> None:
    RateWindow.objects.create(caller="u", window=1)
    RateWindow.objects.create(caller="u", window=100)
    assert forget_windows(now=6_000.0) == 1
    assert list(RateWindow.objects.values_list("window", flat=True)) == [100]
