"""Every message is lost, and only the sweep's own lead to anything: everything still gets done, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.db import OperationalError
from django.utils import timezone
from imported import queued
from webhook_receiver import receiving

from crowd import jobs
from crowd.enums import TaskState, WebhookKind, WorkerKind
from crowd.models import (
    AggregationRun,
    Answer,
    Assignment,
    Consensus,
    Export,
    IdempotencyRecord,
    Import,
    Measurement,
    PanelClock,
    Project,
    Task,
    Transaction,
    WebhookDelivery,
)
from crowd.policies.exports import plan_export
from crowd.policies.retries import pause_after
from crowd.queries.exactness import broken_promises
from crowd.queries.soundness import broken_books
from crowd.services import file_jobs, sweep
from crowd.services.exports import create_export
from crowd.services.idempotency import forget_outcomes
from crowd.services.rater_runs import launch_rater
from crowd.services.raters import NewRater, create_rater
from crowd.services.webhook_settings import WebhookPlan, add_webhook
from crowd.services.webhooks import announce

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(
    settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Callable[[], int]:
    """A broker that loses whatever services send; returned is one sweep, whose own messages arrive."""
    settings.CELERY_BROKER_URL = "redis://nowhere"
    monkeypatch.setattr(jobs, "_wake", lambda *_: None)
    for module in (sweep, file_jobs):
        monkeypatch.setattr(module, "LOST_AFTER", timedelta(0))

    def sweep_and_deliver() -> int:
        arrived: list[tuple[Any, int]] = []
        monkeypatch.setattr(jobs, "_wake", lambda job, row_id, *_: arrived.append((job, row_id)))
        with django_capture_on_commit_callbacks(execute=True):
            sweep.sweep_once()
        monkeypatch.setattr(jobs, "_wake", lambda *_: None)
        for job, row_id in arrived:
            # Twice, as a broker may deliver.
            job(row_id)
            job(row_id)
        return len(arrived)

    return sweep_and_deliver


def test_with_every_message_lost_everything_gets_done_once(broker: Callable[[], int]) -> None:
    cast = make_cast(tasks=3, min_overlap=2, max_overlap=2, price_micros=10_000, budget_micros=10_000_000)
    for worker in cast.workers[:2]:
        for _ in range(3):
            cast.answer(worker, is_processed=False)
    assert not Consensus.objects.exists()
    export = create_export(project=cast.project, plan=_answers_as_csv(), actor=cast.owner)
    job = queued(cast, "task,worker,label\na,v,positive\n")
    for _ in range(6):
        broker()
        # The next sweep is not to wait for the pause between two fits.
        Project.objects.update(refit_not_before=None)
    assert not Answer.objects.filter(processed_at__isnull=True).exists()
    real = Task.objects.filter(project=cast.project, key__startswith="t")
    assert set(real.values_list("state", flat=True)) == {TaskState.COMPLETE}
    assert Consensus.objects.filter(task__in=real, run__isnull=False).count() == 3
    assert AggregationRun.objects.filter(state="done").exists()
    assert not Project.objects.get().is_dirty
    assert Transaction.objects.filter(answer__task__in=real).count() == 6
    assert Export.objects.get(pk=export.pk).state == "finished"
    assert Import.objects.get(pk=job.pk).state == "finished"
    assert Measurement.objects.filter(due_at__isnull=True, leased_until__isnull=True).exists()
    assert PanelClock.objects.exists()
    assert not any(broken_promises(cast.project).values())
    assert not any(broken_books(cast.project).values())


def _answers_as_csv() -> Any:
    return plan_export(kind="answers", file_format="csv", filters={}, answer_type="single", has_parquet=False)


def test_a_webhook_and_a_rater_whose_messages_are_lost_are_served_once(
    cast: Cast, broker: Callable[[], int], settings: Any
) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        add_webhook(project=cast.project, plan=WebhookPlan(url=receiver.url), actor=cast.owner)
        announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={"export": "e"})
        spec = {"type": "keyword", "labels": {"positive": ["text"]}}
        rater = create_rater(
            project=cast.project, new=NewRater(name="f", kind=WorkerKind.FUNCTION, spec=spec), actor=cast.owner
        )
        launch_rater(rater=rater, actor=cast.owner)
        for _ in range(3):
            broker()
    assert [received.message["type"] for received in receiver.received] == ["export.ready"]
    assert list(WebhookDelivery.objects.values_list("state", flat=True)) == ["delivered"]
    assert list(Answer.objects.order_by("task_id").values_list("task__key", "value")) == [
        ("t1", "positive"),
        ("t2", "positive"),
    ]


def test_two_beats_do_no_harm(broker: Callable[[], int]) -> None:
    cast = make_cast(tasks=1)
    held = cast.claim(cast.worker).assignment
    assert held is not None
    Assignment.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    broker()
    broker()
    assert cast.project.events.filter(kind="lease_expired").count() == 1
    assert not any(broken_promises(cast.project).values())


def test_a_step_that_stumbles_keeps_nobody_else_waiting(
    cast: Cast, broker: Callable[[], int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble() -> None:
        raise ValueError("a row that nobody foresaw")

    answer = cast.answer(cast.worker, is_processed=False).answer
    monkeypatch.setattr(sweep, "UPKEEP", (stumble, *sweep.UPKEEP))
    broker()
    assert Answer.objects.get(pk=answer.pk).processed_at is not None
    assert "the sweep stumbled in stumble" in caplog.text


def test_a_database_that_is_away_ends_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(sweep, "UPKEEP", (away,))
    with pytest.raises(OperationalError):
        sweep.sweep_once()


def test_a_failed_answer_waits_longer_each_time_up_to_an_hour_and_a_bit() -> None:
    waits = [pause_after(attempts, chance=0.0).total_seconds() for attempts in (1, 2, 3, 10, 11, 5000)]
    assert waits == [5, 10, 20, 2560, 3600, 3600]
    assert pause_after(1, chance=1.0).total_seconds() == 6
    assert pause_after(99, chance=1.0).total_seconds() == 4320


def test_outcomes_that_no_repeat_asks_for_are_forgotten(cast: Cast, settings) -> None:
    assert settings.KEPT_DAYS["idempotency"] == 1  # as docs/privacy.md and docs/operations.md say
    settings.KEPT_DAYS = {**settings.KEPT_DAYS, "idempotency": 3}
    kept = timedelta(days=3)
    for n, age in enumerate((timedelta(0), kept - timedelta(minutes=1), kept + timedelta(minutes=1))):
        row = IdempotencyRecord.objects.create(user=cast.owner, key=str(n), request_digest="d", status=200)
        IdempotencyRecord.objects.filter(pk=row.pk).update(created_at=timezone.now() - age)
    assert forget_outcomes() == 1
    assert sorted(IdempotencyRecord.objects.values_list("key", flat=True)) == ["0", "1"]
