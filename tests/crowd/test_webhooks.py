"""Webhooks are told what happened: in the transaction of the fact, only what they want, without secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cast import Cast, make_cast
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from crowd.enums import TaskState, TrustLevel, WebhookKind
from crowd.models import Consensus, Webhook, WebhookDelivery, WebhookMessage
from crowd.policies.trust import TrustDecision
from crowd.services.adjudication import adjudicate_task
from crowd.services.refit import refit_project
from crowd.services.trust import change_trust
from crowd.services.trust_terms import set_trust
from crowd.services.webhook_settings import WebhookPlan, add_webhook, change_webhook, remove_webhook
from crowd.services.webhooks import announce

pytestmark = pytest.mark.django_db

URL = "https://example.org/hook"


def listen(cast: Cast, *kinds: WebhookKind, url: str = URL) -> Webhook:
    return add_webhook(project=cast.project, plan=WebhookPlan(url=url, kinds=kinds), actor=cast.owner)


def told(kind: WebhookKind | None = None) -> list[dict[str, Any]]:
    rows = WebhookMessage.objects.order_by("id")
    return [json.loads(row.body) for row in (rows if kind is None else rows.filter(kind=kind))]


def test_a_completed_task_is_told_with_its_label(cast: Cast) -> None:
    listen(cast)
    for worker in cast.workers[:2]:
        cast.answer(worker)
    [message] = told()
    task = cast.task("t1") if cast.task("t1").state == TaskState.COMPLETE else cast.task("t2")
    consensus = Consensus.objects.get(task=task)
    assert message["type"] == "task.completed"
    assert message["data"] == {
        "project": str(cast.project.uid),
        "task": str(task.uid),
        "key": task.key,
        "answers": 2,
        "confidence": consensus.confidence,
        "reason": message["data"]["reason"],
        "label": "positive",
    }
    assert message["timestamp"].endswith("Z")


def test_an_extended_overlap_then_a_dispute_are_told_without_a_label() -> None:
    cast = make_cast(tasks=1)
    listen(cast)
    for worker, value in zip(cast.workers, ("positive", "negative", "neutral"), strict=False):
        cast.answer(worker, value)
    assert [message["type"] for message in told()] == ["overlap.extended", "dispute.opened"]
    assert [sorted(message["data"]) for message in told()] == [
        ["answers", "confidence", "key", "project", "reason", "task"]
    ] * 2


def test_an_experts_decision_completes_the_task(cast: Cast) -> None:
    cast.configure(min_overlap=3)
    make_dispute(cast)
    listen(cast, WebhookKind.TASK_COMPLETED)
    adjudicate_task(
        project=cast.project, task_uid=cast.task().uid, adjudicator=cast.owner, value="neutral", reason="Ms Doe said so"
    )
    [message] = told()
    assert (message["data"]["label"], message["data"]["confidence"]) == ("neutral", 1.0)
    assert "Doe" not in json.dumps(message)


def make_dispute(cast: Cast) -> None:
    task = cast.task()
    type(task).objects.filter(pk=task.pk).update(state=TaskState.DISPUTED, open_slots=0, is_open=False, overlap=0)


def test_a_missed_gold_is_told_with_counts_and_without_the_gold(cast: Cast) -> None:
    [gold] = cast.gold()
    cast.configure(gold_rate=1.0)
    listen(cast, WebhookKind.GOLD_FAILED)
    answer = cast.answer(cast.worker, "negative").answer
    [message] = told()
    assert message["data"] == {
        "project": str(cast.project.uid),
        "worker": str(cast.worker.uid),
        "golds_right": 0,
        "golds_wrong": 1,
    }
    for secret in (str(gold.task.uid), str(answer.uid), cast.worker.name):
        assert secret not in json.dumps(message["data"]).replace(str(cast.worker.uid), "")


@pytest.mark.parametrize(
    ("level", "kind"),
    [(TrustLevel.RESTRICTED, "worker.restricted"), (TrustLevel.SUSPENDED, "worker.suspended")],
)
def test_a_worker_who_is_held_back_is_told_without_the_managers_words(cast: Cast, level: TrustLevel, kind: str) -> None:
    listen(cast)
    set_trust(project=cast.project, worker_uid=cast.worker.uid, level=level, reason="ill", actor=cast.owner, days=3)
    [message] = told()
    assert message["type"] == kind
    assert sorted(message["data"]) == [
        "change",
        "expires_at",
        "from",
        "project",
        "rule",
        "rule_version",
        "to",
        "worker",
    ]
    assert (message["data"]["worker"], message["data"]["to"]) == (str(cast.worker.uid), level)


def test_a_warning_is_told_as_one_and_trust_is_not_told(cast: Cast) -> None:
    from django.utils import timezone

    listen(cast)
    enrolment = cast.enrolment()
    warning = TrustDecision(TrustLevel.NEW, "slow down", {})
    change_trust(enrolment=enrolment, decision=warning, at=timezone.now())
    change_trust(enrolment=enrolment, decision=TrustDecision(TrustLevel.TRUSTED, "good", {}), at=timezone.now())
    assert [message["type"] for message in told()] == ["worker.warned"]


def test_a_full_fit_that_turns_a_completed_task_is_told_with_both_labels() -> None:
    cast = make_cast(tasks=6)
    for _ in range(6):
        for worker in cast.workers[:2]:
            cast.answer(worker)
    listen(cast, WebhookKind.CONSENSUS_CHANGED)
    turned = cast.task("t3")
    Consensus.objects.filter(task=turned).update(label_index=0)
    refit_project(project_id=cast.project.pk)
    [message] = told()
    [change] = message["data"]["changes"]
    assert (change["task"], change["key"], change["from"], change["to"]) == (
        *(str(turned.uid), "t3"),
        *("negative", "positive"),
    )
    refit_project(project_id=cast.project.pk)
    assert len(told()) == 1


def test_a_late_answer_that_turns_a_completed_task_is_told() -> None:
    cast = make_cast(tasks=1, min_overlap=3, max_overlap=3)
    listen(cast, WebhookKind.CONSENSUS_CHANGED)
    cast.answer(cast.workers[0])
    task = cast.task()
    type(task).objects.filter(pk=task.pk).update(state=TaskState.COMPLETE, is_open=False, open_slots=0, overlap=1)
    Consensus.objects.filter(task=task).update(label_index=0)
    type(task).objects.filter(pk=task.pk).update(state=TaskState.OPEN, is_open=True, open_slots=1, overlap=2)
    claim = cast.answer(cast.workers[1], is_processed=False)
    type(task).objects.filter(pk=task.pk).update(state=TaskState.COMPLETE)
    from crowd.services.processing import process_answer

    process_answer(answer_id=claim.answer.pk)
    [message] = told()
    assert [(change["from"], change["to"]) for change in message["data"]["changes"]] == [("negative", "positive")]


def test_only_what_it_wants_reaches_a_webhook(cast: Cast) -> None:
    wants_all, wants_gold = listen(cast), listen(cast, WebhookKind.GOLD_FAILED)
    other = make_cast()
    foreign = listen(other)
    announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={"export": "e"})
    reached = set(WebhookDelivery.objects.values_list("webhook_id", flat=True))
    assert reached == {wants_all.pk}
    assert not {wants_gold.pk, foreign.pk} & reached


def test_a_webhook_that_is_off_or_removed_is_told_nothing(cast: Cast) -> None:
    off, removed = listen(cast), listen(cast)
    change_webhook(webhook=off, plan=WebhookPlan(url=URL, is_active=False), actor=cast.owner)
    remove_webhook(webhook=removed, actor=cast.owner)
    announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={})
    assert WebhookMessage.objects.count() == 0


def test_what_is_rolled_back_is_not_told(cast: Cast) -> None:
    listen(cast)
    with transaction.atomic():
        announce(kind=WebhookKind.PAYOUT_APPROVED, project=cast.project, data={"payout": "p"})
        transaction.set_rollback(True)
    assert WebhookMessage.objects.count() == 0


def test_claims_and_submits_ask_nothing_about_webhooks_and_an_answer_that_settles_asks_once(cast: Cast) -> None:
    cast.answer(cast.workers[0])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        cast.answer(cast.workers[1], is_processed=False)
    assert [query["sql"] for query in asked if "webhook" in query["sql"]] == []
    from crowd.models import Answer
    from crowd.services.processing import process_answer

    with CaptureQueriesContext(connection) as asked:
        process_answer(answer_id=Answer.objects.latest("id").pk)
    assert len([query for query in asked if "webhook" in query["sql"]]) == 1
