"""What is told besides answers: payouts, exports, what managers do; every kind has somebody who tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import BatchFormat, PayeeMethod, TaskState, WebhookKind
from crowd.errors import Conflict
from crowd.models import Batch, Export, Task, WebhookMessage
from crowd.policies.payees import Payee
from crowd.queries.exports import plan_for
from crowd.services import announcements, batches, export_runs
from crowd.services.adjudication import override_consensus
from crowd.services.batches import approve_batch, make_batch
from crowd.services.exports import create_export
from crowd.services.file_jobs import work_off_files
from crowd.services.pay_review import approve_many
from crowd.services.payees import set_payee
from crowd.services.task_control import extend_task
from crowd.services.webhook_settings import WebhookPlan, add_webhook

pytestmark = pytest.mark.django_db
PRICE = 120_000


@pytest.fixture
def cast() -> Cast:
    cast = make_cast(tasks=2, price_micros=PRICE, budget_micros=20 * PRICE)
    listen(cast)
    return cast


def listen(cast: Cast) -> None:
    add_webhook(project=cast.project, plan=WebhookPlan(url="https://example.org/hook"), actor=cast.owner)


def told(kind: WebhookKind) -> list[dict[str, Any]]:
    rows = WebhookMessage.objects.filter(kind=kind).order_by("id")
    return [json.loads(row.body)["data"] for row in rows]


def drafted(cast: Cast) -> Batch:
    for worker in cast.workers[:2]:
        address = f"{worker.name}@example.org"
        set_payee(worker=worker, payee=Payee(method=PayeeMethod.PAYPAL, recipient=address))
        cast.answer(worker)
    approve_many(project=cast.project, actor=cast.owner, answer_uids=None, until=timezone.now())
    made = make_batch(project=cast.project, batch_format=BatchFormat.PAYPAL_CSV, options={}, maker=cast.finance)
    return made.batch


def complete(cast: Cast) -> Task:
    """Two people agree on a task."""
    for worker in cast.workers[:2]:
        cast.answer(worker)
    [task] = Task.objects.filter(project=cast.project, state=TaskState.COMPLETE)
    return task


def test_an_approved_batch_is_told_once_with_its_amount_and_nobody_in_it(cast: Cast) -> None:
    batch = drafted(cast)
    for _ in range(2):
        approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    assert told(WebhookKind.PAYOUT_APPROVED) == [
        {
            "project": str(cast.project.uid),
            "batch": str(batch.uid),
            "format": "paypal_csv",
            "lines": 2,
            "amount": "0.240000",
            "currency": cast.project.currency,
        }
    ]


def test_a_batch_that_its_maker_would_approve_is_not_told(cast: Cast) -> None:
    batch = drafted(cast)
    with pytest.raises(Conflict):
        approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.finance)
    assert told(WebhookKind.PAYOUT_APPROVED) == []


def test_an_approval_that_cannot_be_told_is_undone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = drafted(cast)

    def fail(**_: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(batches, "announce_payout", fail)
    with pytest.raises(ValueError, match="no"):
        approve_batch(project=cast.project, batch_uid=batch.uid, actor=cast.owner)
    batch.refresh_from_db()
    assert (batch.state, batch.approved_at) == ("draft", None)


def ordered(cast: Cast) -> Export:
    plan = plan_for(cast.project, kind="answers", file_format="csv", filters={})
    return create_export(project=cast.project, plan=plan, actor=cast.owner)


def test_an_export_that_can_be_fetched_is_told_with_its_size(cast: Cast) -> None:
    complete(cast)
    job = ordered(cast)
    assert told(WebhookKind.EXPORT_READY) == []
    assert work_off_files()
    job.refresh_from_db()
    assert told(WebhookKind.EXPORT_READY) == [
        {
            "project": str(cast.project.uid),
            "export": str(job.uid),
            "kind": "answers",
            "format": "csv",
            "rows": 2,
            "size_bytes": job.size_bytes,
        }
    ]
    assert job.size_bytes


def test_an_export_that_failed_is_not_told_as_ready(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ordered(cast)

    def fail(*_: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(export_runs, "export_blocks", fail)
    monkeypatch.setattr(export_runs, "MAX_ATTEMPTS", 1)
    work_off_files()
    job.refresh_from_db()
    assert (job.state, told(WebhookKind.EXPORT_READY)) == ("failed", [])


def test_a_manager_who_asks_for_more_answers_is_told_about_without_their_words(cast: Cast) -> None:
    task = complete(cast)
    other = Task.objects.filter(project=cast.project, state=TaskState.OPEN).get()
    for one in (task, other):
        extend_task(project=cast.project, task_uid=one.uid, answers=1, reason="Ms Doe asked", actor=cast.owner)
    [reopened], [extended] = told(WebhookKind.TASK_REOPENED), told(WebhookKind.OVERLAP_EXTENDED)
    assert (reopened["task"], extended["task"]) == (str(task.uid), str(other.uid))
    assert sorted(extended) == ["answers", "confidence", "key", "project", "reason", "task"]
    assert {reopened["reason"], extended["reason"]} == {"a manager asked for more answers"}


def test_a_completed_task_that_a_manager_overrides_is_told_with_both_labels(cast: Cast) -> None:
    task = complete(cast)
    decide = {"project": cast.project, "task_uid": task.uid, "actor": cast.manager}
    override_consensus(**decide, value="neutral", reason="seen it")
    [message] = told(WebhookKind.CONSENSUS_CHANGED)
    assert [(row["task"], row["from"], row["to"]) for row in message["changes"]] == [
        (str(task.uid), "positive", "neutral")
    ]
    assert [row["label"] for row in told(WebhookKind.TASK_COMPLETED)] == ["positive"]


def test_every_kind_but_the_ping_of_settings_is_told_by_the_announcements() -> None:
    source = Path(announcements.__file__).read_text()
    assert [kind for kind in WebhookKind if f"WebhookKind.{kind.name}" not in source] == [WebhookKind.PING]
