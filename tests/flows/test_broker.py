"""Jobs over a real broker: a message wakes a Celery worker, and the sweep heals a lost one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from webhook_receiver import Receiver, receiving

from config.celery import app
from crowd import jobs
from crowd.enums import WebhookKind
from crowd.models import AggregationRun, Answer, Assignment, WebhookDelivery, WebhookMessage
from crowd.services import sweep
from crowd.services.webhook_settings import WebhookPlan, add_webhook
from crowd.services.webhooks import announce

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.skipif(not settings.CELERY_BROKER_URL, reason="needs REDIS_URL"),
]


QUEUE = app.conf.task_default_queue
WEBHOOKS = f"{QUEUE}-webhooks"
QUEUES = [queue.name for queue in app.conf.task_queues]


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
    """Nothing left over from an earlier test."""
    with app.connection_for_write() as broker:
        for name in QUEUES:
            broker.default_channel.queue_declare(name)
            broker.default_channel.queue_purge(name)


def waiting(queue: str) -> int:
    """Messages that no worker has taken."""
    with app.connection_for_read() as broker:
        count: int = broker.default_channel.queue_declare(queue).message_count
        return count


def run_jobs(until: Callable[[], bool], queues: list[str] | None = None) -> None:
    """Consume the queues with a real Celery worker in a thread until the condition holds."""
    from celery.contrib.testing.worker import start_worker

    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30, queues=queues or QUEUES):
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
    assert waiting(QUEUE) == 0
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


@pytest.fixture
def told(settings: Any) -> Iterator[tuple[Cast, Receiver, threading.Event]]:
    """A project whose webhook's receiver keeps the first message until the event is set."""
    release = threading.Event()

    def reply(n: int) -> int:
        if n == 0:
            release.wait(15)
        return 204

    with receiving(reply) as receiver:
        settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        cast = make_cast(tasks=1)
        add_webhook(project=cast.project, plan=WebhookPlan(url=receiver.url), actor=cast.owner)
        yield cast, receiver, release
        release.set()


def is_delivered() -> bool:
    return list(WebhookDelivery.objects.values_list("state", flat=True)) == ["delivered"]


def test_a_message_to_a_webhook_is_delivered_by_a_worker(told: tuple[Cast, Receiver, threading.Event]) -> None:
    cast, receiver, release = told
    release.set()
    announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={"export": "e"})
    assert (waiting(WEBHOOKS), waiting(QUEUE)) == (1, 0)
    run_jobs(is_delivered)
    [received] = receiver.received
    assert received.webhook_id == WebhookMessage.objects.get().webhook_id
    assert waiting(WEBHOOKS) == 0


def test_a_message_that_the_broker_lost_is_delivered_after_the_sweep(
    told: tuple[Cast, Receiver, threading.Event],
) -> None:
    cast, receiver, release = told
    release.set()
    announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={"export": "e"})
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(WEBHOOKS)
    sweep.sweep_once()
    run_jobs(is_delivered)
    assert len(receiver.received) == 1


def test_answers_are_processed_while_a_receiver_keeps_deliveries_waiting(
    told: tuple[Cast, Receiver, threading.Event],
) -> None:
    cast, receiver, release = told
    announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={"export": "e"})
    webhook_id = cast.project.webhooks.get().pk

    def deliver() -> None:
        try:
            jobs.deliver_webhook(webhook_id)
        finally:
            connections.close_all()

    delivering = threading.Thread(target=deliver)
    delivering.start()
    try:
        receiver.wait_for(1)
        answer = submit_without_processing(cast)
        run_jobs(lambda: Answer.objects.get(pk=answer.pk).processed_at is not None, [QUEUE])
        assert WebhookDelivery.objects.filter(state="delivered").count() == 0
        # Its message waits where only workers for deliveries look.
        assert waiting(WEBHOOKS) == 1
    finally:
        release.set()
        delivering.join()
    run_jobs(lambda: waiting(WEBHOOKS) == 0, [WEBHOOKS])
    assert is_delivered()
    assert len(receiver.received) == 1


def test_files_and_raters_wait_in_a_queue_of_their_own() -> None:
    routes = {name: route["queue"] for name, route in app.conf.task_routes.items()}
    slow = f"{QUEUE}-slow"
    assert routes == {
        "crowd.jobs.deliver_webhook": WEBHOOKS,
        **dict.fromkeys(("crowd.jobs.run_rater", "crowd.jobs.run_import", "crowd.jobs.run_export"), slow),
    }
    assert set(routes) <= set(app.tasks)
