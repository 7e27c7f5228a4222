"""Webhooks of a project, their log, and what is due to them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from crowd.enums import DeliveryState, Role
from crowd.errors import NotFound
from crowd.models import Project, User, Webhook, WebhookAttempt, WebhookDelivery


def webhooks_of(project: Project) -> QuerySet[Webhook]:
    """A project's webhooks, the oldest first."""
    return Webhook.objects.filter(project=project, removed_at__isnull=True).order_by("id")


def webhook_for(*, uid: uuid.UUID, user: User, roles: Iterable[Role]) -> Webhook:
    """The webhook, if the user has one of the roles on its project; otherwise NotFound."""
    found = Webhook.objects.select_related("project").filter(
        uid=uid,
        removed_at__isnull=True,
        project__memberships__user=user,
        project__memberships__role__in=list(roles),
    )
    webhook = found.first()
    if webhook is None:
        raise NotFound("there is no such webhook")
    return webhook


def delivery_for(*, uid: uuid.UUID, user: User, roles: Iterable[Role]) -> WebhookDelivery:
    """The delivery, if the user has one of the roles on its project; otherwise NotFound."""
    found = WebhookDelivery.objects.select_related("webhook__project", "message").filter(
        uid=uid,
        webhook__removed_at__isnull=True,
        webhook__project__memberships__user=user,
        webhook__project__memberships__role__in=list(roles),
    )
    delivery = found.first()
    if delivery is None:
        raise NotFound("there is no such delivery")
    return delivery


def log_of(webhook: Webhook, *, states: Sequence[DeliveryState] = ()) -> QuerySet[WebhookDelivery]:
    """Its deliveries with their attempts."""
    attempts = Prefetch("log", queryset=WebhookAttempt.objects.order_by("number"))
    rows = WebhookDelivery.objects.filter(webhook=webhook).select_related("message").prefetch_related(attempts)
    return rows.filter(state__in=states) if states else rows


def due_webhooks(now: datetime, webhook_ids: Sequence[int] | None = None) -> QuerySet[Webhook]:
    """The webhooks that something is due to and that are not resting; shuffled, so that none is always last."""
    is_resting = Q(paused_until__isnull=False, paused_until__gt=now)
    waiting = _due(now).filter(webhook=OuterRef("pk"))
    rows = Webhook.objects.filter(~is_resting, Exists(waiting), is_active=True, removed_at__isnull=True)
    return (rows if webhook_ids is None else rows.filter(pk__in=webhook_ids)).order_by("?")


def due_deliveries(webhook: Webhook, now: datetime) -> QuerySet[WebhookDelivery]:
    """What is due to a webhook and claimed by nobody alive."""
    return _due(now).filter(webhook=webhook)


def _due(now: datetime) -> QuerySet[WebhookDelivery]:
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    # The state first, as the partial index has it.
    return WebhookDelivery.objects.filter(is_free, state=DeliveryState.PENDING, next_attempt_at__lte=now)
