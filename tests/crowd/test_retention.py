"""What the settings say is over is forgotten, in bounded steps; what is younger stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from cast import Cast
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from crowd.services import retention
from crowd.services.retention import apply_retention
from crowd.services.sweep import sweep_once, work_off


def ages(cast: Cast, *days: int) -> None:
    for n, age in enumerate(days):
        at = timezone.now() - timedelta(days=age)
        attempt = AccessAttempt.objects.create(username=f"u{n}", get_data="", post_data="", failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=at)
        Session.objects.create(session_key=f"s{n}", session_data="x", expire_date=at)


def test_what_is_over_goes_and_the_rest_stays(cast: Cast, settings) -> None:
    settings.KEPT_DAYS = {"idempotency": 7, "log_ins": 2, "model_replies": 0}
    ages(cast, 1, 3, 8)
    assert apply_retention(is_at_once=True) == {"log_ins": 2, "sessions": 3}
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["u0"]
    assert apply_retention(is_at_once=True) == {"log_ins": 0, "sessions": 0}


def test_one_round_takes_a_bounded_number(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST_BATCHES", 2)
    ages(cast, *[400] * 5)
    assert apply_retention(is_at_once=True)["log_ins"] == 4
    assert apply_retention(is_at_once=True)["log_ins"] == 1


@pytest.mark.parametrize("round_of_work", [sweep_once, work_off])
def test_the_sweep_does_it_once_an_hour(cast: Cast, round_of_work) -> None:
    cache.delete(retention.KEY)
    ages(cast, 400)
    round_of_work()
    assert not AccessAttempt.objects.exists()
    ages(cast, 400)
    round_of_work()
    assert AccessAttempt.objects.count() == 1
