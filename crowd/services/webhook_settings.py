"""Sets webhooks up, changes and removes them, pings them, has messages delivered again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crowd.enums import DeliveryState, EventKind, WebhookKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.jobs import enqueue_webhook
from crowd.models import Project, User, Webhook, WebhookDelivery
from crowd.policies.addresses import check_url
from crowd.policies.signatures import SECRET_BYTES, secret_of
from crowd.services.events import record_event
from crowd.services.webhooks import Notice, put_in_line

MAX_WEBHOOKS = 20


@dataclass(frozen=True, kw_only=True)
class WebhookPlan:
    """What a webhook is to be; no ``kinds``: it is told everything."""

    url: str
    description: str = ""
    kinds: tuple[WebhookKind, ...] = ()
    is_active: bool = True


def add_webhook(*, project: Project, plan: WebhookPlan, actor: User) -> Webhook:
    """Make a webhook with a fresh secret. Raises InvalidInput for a URL that may not be reached, Conflict when there
    are too many.
    """
    _check(plan)
    with transaction.atomic():
        # The project's row makes the limit hold for two calls at once.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if Webhook.objects.filter(project=project, removed_at__isnull=True).count() >= MAX_WEBHOOKS:
            raise Conflict(f"the project has {MAX_WEBHOOKS} webhooks already; remove one first")
        webhook = Webhook.objects.create(
            project=project,
            url=plan.url,
            description=plan.description,
            kinds=_values(plan.kinds),
            is_active=plan.is_active,
            secret=_fresh_secret(),
            created_by=actor,
        )
        _record(webhook, actor, "added")
    return webhook


def change_webhook(*, webhook: Webhook, plan: WebhookPlan, actor: User) -> Webhook:
    """Replace what it is; switching it on again forgets its failures. Raises InvalidInput."""
    _check(plan)
    with transaction.atomic():
        row = _locked(webhook)
        row.url, row.description, row.kinds = plan.url, plan.description, _values(plan.kinds)
        if plan.is_active and not row.is_active:
            row.failures, row.failing_since, row.paused_until, row.disabled_reason = 0, None, None, ""
        row.is_active = plan.is_active
        row.save(
            update_fields=[
                *("url", "description", "kinds", "is_active"),
                *("failures", "failing_since", "paused_until", "disabled_reason"),
            ]
        )
        _record(row, actor, "changed")
        enqueue_webhook(row.pk)
    return row


def remove_webhook(*, webhook: Webhook, actor: User) -> None:
    """Tell it nothing any more, and forget its secrets; what is under way may still arrive."""
    with transaction.atomic():
        row = _locked(webhook)
        now = timezone.now()
        row.removed_at, row.is_active, row.secret, row.previous_secret = now, False, "", ""
        row.save(update_fields=["removed_at", "is_active", "secret", "previous_secret"])
        WebhookDelivery.objects.filter(webhook=row, state=DeliveryState.PENDING).update(state=DeliveryState.DEAD)
        record_event(kind=EventKind.WEBHOOK_REMOVED, project=webhook.project, actor=actor, subject=webhook.uid, at=now)


def rotate_secret(*, webhook: Webhook, overlap_hours: int, actor: User) -> Webhook:
    """Give it a new secret; the old one signs as well for ``overlap_hours``. One rotated out before ends now."""
    with transaction.atomic():
        row = _locked(webhook)
        row.previous_secret, row.secret = (row.secret if overlap_hours else ""), _fresh_secret()
        row.previous_secret_until = timezone.now() + timedelta(hours=overlap_hours) if overlap_hours else None
        row.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
        _record(row, actor, "secret rotated")
    return row


def ping_webhook(*, webhook: Webhook) -> WebhookDelivery:
    """Send it a ping, whatever kinds it is told. Raises Conflict when it is switched off."""
    _refuse_inactive(webhook)
    with transaction.atomic():
        notice = Notice(WebhookKind.PING, {"webhook": str(webhook.uid)})
        message = put_in_line(project=webhook.project, notices=[notice], webhooks=[webhook], at=timezone.now())[0]
    return WebhookDelivery.objects.select_related("message").get(message=message, webhook=webhook)


def redeliver(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Put one message in line again under its old ``webhook-id``; one that waits there already goes first.

    Raises Conflict when the webhook is switched off.
    """
    _refuse_inactive(delivery.webhook)
    _line_up(delivery.webhook, [delivery.pk])
    return WebhookDelivery.objects.select_related("message").get(pk=delivery.pk)


def redeliver_since(*, webhook: Webhook, since: datetime, is_everything: bool) -> int:
    """Put the dead messages since then in line again, with ``is_everything`` the delivered ones too; how many.

    Raises Conflict when the webhook is switched off.
    """
    _refuse_inactive(webhook)
    states = [DeliveryState.DEAD, DeliveryState.DELIVERED] if is_everything else [DeliveryState.DEAD]
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(paused_until=None)
        lined_up = WebhookDelivery.objects.filter(webhook=webhook, created_at__gte=since, state__in=states).update(
            state=DeliveryState.PENDING, tries=0, next_attempt_at=timezone.now(), leased_until=None
        )
        enqueue_webhook(webhook.pk)
    return lined_up


def _line_up(webhook: Webhook, delivery_ids: Sequence[int]) -> None:
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(paused_until=None)
        rows = WebhookDelivery.objects.filter(pk__in=delivery_ids)
        now = timezone.now()
        # One under way keeps its lease.
        rows.filter(state=DeliveryState.PENDING).update(tries=0, next_attempt_at=now)
        rows.exclude(state=DeliveryState.PENDING).update(
            state=DeliveryState.PENDING, tries=0, next_attempt_at=now, leased_until=None
        )
        enqueue_webhook(webhook.pk)


def _check(plan: WebhookPlan) -> None:
    problem = check_url(plan.url, allowed=settings.WEBHOOK_ALLOWED_HOSTS)
    if problem is not None:
        raise InvalidInput("the webhook cannot be set like this", problems=(FieldProblem("/url", problem),))


def _refuse_inactive(webhook: Webhook) -> None:
    if not webhook.is_active:
        raise Conflict("the webhook is switched off; switch it on first")


def _locked(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=webhook.pk)


def _values(kinds: Sequence[WebhookKind]) -> list[str]:
    return sorted({str(kind) for kind in kinds})


def _fresh_secret() -> str:
    return secret_of(secrets.token_bytes(SECRET_BYTES))


def _record(webhook: Webhook, actor: User, change: str) -> None:
    record_event(
        kind=EventKind.WEBHOOK_SET,
        project=webhook.project,
        actor=actor,
        subject=webhook.uid,
        detail={"change": change, "kinds": webhook.kinds},
    )
