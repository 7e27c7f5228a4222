"""While a server behind it is away the API says so, or does without."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from callers import as_user, as_worker, problem, url
from cast import Cast
from django.db import InterfaceError, OperationalError

from api.views import hot
from crowd.models import RateWindow
from crowd.services import rates

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("error", [OperationalError("no space left on device"), InterfaceError("connection is closed")])
def test_a_claim_without_a_database_is_told_to_come_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away(*_: object) -> None:
        raise error

    client = as_worker(cast)
    monkeypatch.setattr(hot, "worker_log_in", away)
    response = client.post(url(cast, "claim"), {}, format="json")
    assert problem(response) == (503, "database_away")
    assert response["Retry-After"] == "1"
    assert "space" not in response.content.decode()


def test_so_is_any_other_call(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    client = as_user(cast, cast.owner)
    monkeypatch.setattr("api.throttles.CallerThrottle.allow_request", away)
    response = client.get(url(cast, "rules"))
    assert problem(response) == (503, "database_away")


@pytest.mark.parametrize("error", [redis.ConnectionError("refused"), ValueError("Key 'rate' not found")])
def test_calls_are_counted_in_the_database_while_redis_is_away(
    settings: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away(*_: object, **__: object) -> None:
        raise error

    settings.RATE_STORE = "cache"
    monkeypatch.setattr(rates.cache, "incr", away)
    monkeypatch.setattr(rates.cache, "add", lambda *_, **__: True)
    take = {"caller": "u", "window": 7, "block": 4, "limit": 10, "window_seconds": 60}
    assert [rates.take_block(**take) for _ in range(3)] == [True, True, False]
    assert RateWindow.objects.get().taken == 8
