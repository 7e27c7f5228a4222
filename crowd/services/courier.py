"""Delivers what is due to webhooks: claims by guarded updates with a lease, sends, writes down what came of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from crowd.enums import DeliveryState, EventKind
from crowd.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookMessage
from crowd.policies.signatures import signature_header
from crowd.policies.webhooks import KEPT, LEASE_SECONDS, fate_of, is_hopeless, pause_before_next, rest_after
from crowd.queries.webhooks import due_deliveries, due_webhooks
from crowd.services.events import record_event
from crowd.services.outbound import Reply, post

# Requests under way at once, from one call.
THREADS = 8
PER_ROUND = 32
# So that no job runs for ever; what is left is due in the next.
MAX_ROUNDS = 50
PRUNED_AT_ONCE = 200
USER_AGENT = "Assay-Webhooks/1"


@dataclass(frozen=True)
class _Claimed:
    delivery: WebhookDelivery
    webhook: Webhook
    number: int
    tries: int


def deliver_due(*, webhook_ids: Sequence[int] | None = None) -> int:
    """Send what is due, to these webhooks or to all; returns how many attempts were made.

    Any number of processes may do so at once: a delivery belongs to whoever moved its lease. One whose process died
    is due again when the lease runs out, with the same ``webhook-id``: at least once, never lost.
    """
    made = 0
    for _ in range(MAX_ROUNDS):
        claimed = _claim_round(webhook_ids)
        if not claimed:
            break
        made += len(claimed)
        with ThreadPoolExecutor(min(THREADS, len(claimed)), thread_name_prefix="assay-webhook") as pool:
            under_way = {pool.submit(_send, one): one for one in claimed}
            for done in as_completed(under_way):
                _write_down(under_way[done], done.result())
    return made


def _claim_round(webhook_ids: Sequence[int] | None) -> list[_Claimed]:
    claimed: list[_Claimed] = []
    webhooks = list(due_webhooks(timezone.now(), webhook_ids)[:PER_ROUND])
    for webhook in webhooks:
        # An address that fails is asked with one message at a time; of several healthy ones each gets its share.
        most = 1 if webhook.failures else max(1, PER_ROUND // len(webhooks))
        claimed.extend(_claim(webhook, most))
    return claimed


def _claim(webhook: Webhook, most: int) -> Iterator[_Claimed]:
    now = timezone.now()
    until = now + timedelta(seconds=LEASE_SECONDS)
    with transaction.atomic():
        found = due_deliveries(webhook, now).select_for_update(of=("self",), skip_locked=True)
        rows = list(found.select_related("message").order_by("next_attempt_at")[:most])
        mine = [
            row
            for row in rows
            if WebhookDelivery.objects.filter(
                Q(leased_until__isnull=True) | Q(leased_until__lt=now),
                pk=row.pk,
                state=DeliveryState.PENDING,
                attempts=row.attempts,
            ).update(leased_until=until, attempts=F("attempts") + 1, tries=F("tries") + 1)
        ]
        WebhookAttempt.objects.bulk_create(
            [WebhookAttempt(delivery=row, number=row.attempts + 1, started_at=now) for row in mine]
        )
    return (_Claimed(row, webhook, row.attempts + 1, row.tries + 1) for row in mine)


def _send(claimed: _Claimed) -> Reply:
    """In a thread, without the database."""
    webhook, message = claimed.webhook, claimed.delivery.message
    now = timezone.now()
    secrets = [webhook.secret]
    if webhook.previous_secret and webhook.previous_secret_until and webhook.previous_secret_until > now:
        secrets.append(webhook.previous_secret)
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message.webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature_header(
            secrets=secrets, webhook_id=message.webhook_id, timestamp=timestamp, body=message.body
        ),
    }
    return post(url=webhook.url, headers=headers, body=message.body.encode(), allowed=settings.WEBHOOK_ALLOWED_HOSTS)


def _write_down(claimed: _Claimed, reply: Reply) -> None:
    now = timezone.now()
    fate = fate_of(status=reply.status, tries=claimed.tries)
    with transaction.atomic():
        # The webhook before its deliveries, always: switching it off locks all of them.
        if fate == "delivered":
            Webhook.objects.filter(pk=claimed.webhook.pk, failures__gt=0).update(
                failures=0, failing_since=None, paused_until=None
            )
        else:
            _count_failure(claimed.webhook.pk, now)
        WebhookAttempt.objects.filter(delivery=claimed.delivery, number=claimed.number).update(
            ended_at=now, duration_ms=reply.duration_ms, status=reply.status, error=reply.error, reply=reply.text
        )
        row = WebhookDelivery.objects.filter(pk=claimed.delivery.pk)
        # Somebody else has claimed it since if this process was slower than its lease; a success still counts.
        mine = row.filter(state=DeliveryState.PENDING, attempts=claimed.number)
        if fate == "delivered":
            row.update(state=DeliveryState.DELIVERED, leased_until=None)
        elif fate == "again":
            pause = pause_before_next(
                tries=claimed.tries, chance=random.random(), retry_after_seconds=reply.retry_after_seconds
            )
            mine.update(leased_until=None, next_attempt_at=now + pause)
        else:
            mine.update(state=DeliveryState.DEAD, leased_until=None)
        if fate != "delivered":
            _switch_off_if_hopeless(claimed.webhook.pk, is_gone=fate == "gone", now=now)


def _count_failure(webhook_id: int, now: datetime) -> None:
    rows = Webhook.objects.filter(pk=webhook_id)
    rows.update(failures=F("failures") + 1, failing_since=Coalesce("failing_since", now))
    rest = rest_after(failures=rows.values_list("failures", flat=True).get(), chance=random.random())
    if rest is not None:
        rows.update(paused_until=now + rest)


def _switch_off_if_hopeless(webhook_id: int, *, is_gone: bool, now: datetime) -> None:
    webhook = Webhook.objects.select_related("project").get(pk=webhook_id)
    if is_gone:
        disable(webhook=webhook, reason="the receiver answered 410 Gone", at=now)
    elif webhook.failing_since is not None and is_hopeless(failing_since=webhook.failing_since, now=now):
        reason = f"nothing has arrived since {webhook.failing_since:%Y-%m-%d %H:%M} UTC"
        disable(webhook=webhook, reason=reason, at=now)


def prune_log() -> int:
    """Forget messages older than the log is kept, some at a time; returns how many."""
    cutoff = timezone.now() - KEPT
    old = list(WebhookMessage.objects.order_by("id").values_list("id", "created_at")[:PRUNED_AT_ONCE])
    doomed = [pk for pk, created_at in old if created_at < cutoff]
    if doomed:
        WebhookMessage.objects.filter(pk__in=doomed).delete()
    return len(doomed)


def disable(*, webhook: Webhook, reason: str, at: datetime) -> None:
    """Switch an address off, with a notice in the project's events; its messages wait in the log as dead."""
    if not Webhook.objects.filter(pk=webhook.pk, is_active=True).update(is_active=False, disabled_reason=reason):
        return
    WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryState.PENDING).update(
        state=DeliveryState.DEAD, leased_until=None
    )
    record_event(
        kind=EventKind.WEBHOOK_DISABLED,
        project=webhook.project,
        subject=webhook.uid,
        detail={"reason": reason},
        at=at,
    )
