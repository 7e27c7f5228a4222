"""Jobs over a real broker: a message wakes a Celery worker, and the sweep heals a lost one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from config.celery import app
from crowd import jobs
from crowd.models import AggregationRun, Answer, Assignment
from crowd.services import sweep

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.skipif(not settings.CELERY_BROKER_URL, reason="needs REDIS_URL"),
]


QUEUE = app.conf.task_default_queue


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
    """Nothing left over from an earlier test."""
    with app.connection_for_write() as broker:
        broker.default_channel.queue_declare(QUEUE)
        broker.default_channel.queue_purge(QUEUE)


def run_jobs(until: Callable[[], bool]) -> None:
    """Consume the queue with a real Celery worker in a thread until the condition holds."""
    from celery.contrib.testing.worker import start_worker

    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        deadline = time.monotonic() + 30
        while not until():
            assert time.monotonic() < deadline, "the worker did not get there in time"
            time.sleep(0.05)


def submit_without_processing(cast: Cast) -> Answer:
    return cast.answer(cast.worker, is_processed=False).answer


def test_a_submit_wakes_the_worker() -> None:
    cast = make_cast(tasks=1)
    answer = submit_without_processing(cast)
    run_jobs(lambda: Answer.objects.get(pk=answer.pk).processed_at is not None)


def test_a_rolled_back_submit_wakes_nobody() -> None:
    cast = make_cast(tasks=1)
    with transaction.atomic():
        submit_without_processing(cast)
        transaction.set_rollback(True)
    with app.connection_for_read() as broker:
        assert broker.default_channel.queue_declare(QUEUE).message_count == 0
    assert Answer.objects.count() == 0


def test_the_sweep_heals_a_lost_message(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast(tasks=1)
    answer = submit_without_processing(cast)
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(QUEUE)
    # The trigger keeps an answer from being aged, so the sweep's patience is cut instead.
    monkeypatch.setattr(sweep, "LOST_AFTER", timedelta(0))
    sweep.sweep_once()
    run_jobs(lambda: Answer.objects.get(pk=answer.pk).processed_at is not None)


def test_the_sweep_expires_leases_and_enqueues_the_fit() -> None:
    cast = make_cast(tasks=2)
    cast.answer(cast.workers[0])
    held = cast.claim(cast.workers[1]).assignment
    assert held is not None
    Assignment.objects.filter(pk=held.pk).update(deadline=timezone.now() - timedelta(seconds=1))
    sweep.sweep_once()
    held.refresh_from_db()
    assert held.state == "expired"
    run_jobs(lambda: AggregationRun.objects.filter(state="done").exists())


def test_a_broker_that_is_away_does_not_fail_the_submit(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast(tasks=1)
    from kombu.exceptions import OperationalError

    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(jobs.process_answer, "apply_async", away)
    answer = submit_without_processing(cast)
    assert Answer.objects.filter(pk=answer.pk, processed_at__isnull=True).exists()
