"""Announces what happened to a project's webhooks, in the transaction of the fact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from crowd.enums import WebhookKind
from crowd.jobs import enqueue_webhook
from crowd.models import Project, Webhook, WebhookDelivery, WebhookMessage
from crowd.times import zulu

BATCH = 500


@dataclass(frozen=True)
class Notice:
    """Something to tell: no gold flags, no personal data beyond uids; amounts as strings with their currency."""

    kind: WebhookKind
    data: dict[str, Any]


def announce(*, kind: WebhookKind, project: Project, data: dict[str, Any], at: datetime | None = None) -> None:
    """Tell the project's webhooks that something happened.

    Call it in the transaction that writes the fact: both are there, or neither. Costs one query where nobody listens.
    ``data`` is JSON for managers' systems: uids, no names, nothing that marks a task as gold.
    """
    announce_all(project=project, notices=[Notice(kind, data)], at=at)


def announce_all(*, project: Project, notices: Sequence[Notice], at: datetime | None = None) -> None:
    """Tell the project's webhooks of several things."""
    if not notices:
        return
    listening = listeners(project, {notice.kind for notice in notices})
    put_in_line(project=project, notices=notices, webhooks=listening, at=at or timezone.now())


def listeners(project: Project, kinds: Iterable[WebhookKind]) -> list[Webhook]:
    """The active webhooks that are told any of ``kinds``; for work that is only done when somebody listens."""
    wanted = {str(kind) for kind in kinds}
    rows = Webhook.objects.filter(project=project, is_active=True, removed_at__isnull=True).only("id", "kinds")
    return [row for row in rows if not row.kinds or wanted.intersection(row.kinds)]


def put_in_line(
    *, project: Project, notices: Sequence[Notice], webhooks: Sequence[Webhook], at: datetime
) -> list[WebhookMessage]:
    """Write a message per notice with its deliveries, in the caller's transaction."""
    meant = [(notice, told) for notice in notices if (told := [row for row in webhooks if _is_told(row, notice.kind)])]
    messages = WebhookMessage.objects.bulk_create(
        [
            WebhookMessage(project=project, kind=notice.kind, body=_body(notice, project, at), created_at=at)
            for notice, _ in meant
        ],
        batch_size=BATCH,
    )
    deliveries = WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(message=message, webhook=row, next_attempt_at=at, created_at=at)
            for message, (_, told) in zip(messages, meant, strict=True)
            for row in told
        ],
        batch_size=BATCH,
    )
    for webhook_id in sorted({delivery.webhook_id for delivery in deliveries}):
        enqueue_webhook(webhook_id)
    return messages


def _is_told(row: Webhook, kind: WebhookKind) -> bool:
    # A ping is always meant for the address that it is sent to.
    return not row.kinds or kind == WebhookKind.PING or kind in row.kinds


def _body(notice: Notice, project: Project, at: datetime) -> str:
    message = {
        "type": str(notice.kind),
        "timestamp": zulu(at),
        "data": {"project": str(project.uid), **notice.data},
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
