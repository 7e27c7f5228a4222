"""Webhooks and their log: what comes in and what goes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.pagination import PageInput
from crowd.enums import DeliveryState, WebhookKind
from crowd.models import Webhook, WebhookAttempt, WebhookDelivery
from crowd.policies.addresses import MAX_URL_LENGTH
from crowd.policies.webhooks import MAX_SECRET_OVERLAP_HOURS, SECRET_OVERLAP_HOURS
from crowd.services.webhook_settings import WebhookPlan
from crowd.times import zulu, zulu_or_none

# A ping is only sent when it is asked for.
SUBSCRIBABLE = [(kind.value, kind.label) for kind in WebhookKind if kind != WebhookKind.PING]


class WebhookInput(serializers.Serializer[Any]):
    """A webhook to make; without ``kinds`` it is told everything."""

    url = serializers.CharField(max_length=MAX_URL_LENGTH)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    kinds = serializers.ListField(child=serializers.ChoiceField(SUBSCRIBABLE), required=False)
    is_active = serializers.BooleanField(required=False)

    def plan(self, before: Webhook | None = None) -> WebhookPlan:
        """The validated body as the service takes it; what is left out stays as it was ``before``."""
        body: dict[str, Any] = dict(self.validated_data)
        if before is not None:
            was = {name: getattr(before, name) for name in ("url", "description", "kinds", "is_active")}
            body = was | body
        if "kinds" in body:
            body["kinds"] = tuple(WebhookKind(kind) for kind in body["kinds"])
        return WebhookPlan(**body)


class RotateInput(serializers.Serializer[Any]):
    """How long the old secret signs as well; 0 ends it now."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=MAX_SECRET_OVERLAP_HOURS, required=False, default=SECRET_OVERLAP_HOURS
    )


class RedeliverInput(serializers.Serializer[Any]):
    """Since when messages are delivered again: the dead ones, with ``is_everything`` all."""

    since = serializers.DateTimeField()
    is_everything = serializers.BooleanField(required=False, default=False)


class LogInput(PageInput):
    """Which deliveries to list."""

    state = serializers.ChoiceField(DeliveryState.choices, required=False)


def webhook_body(webhook: Webhook) -> dict[str, Any]:
    """A webhook without its secret."""
    return {
        "id": str(webhook.uid),
        "url": webhook.url,
        "description": webhook.description,
        "kinds": webhook.kinds,
        "is_active": webhook.is_active,
        "disabled_reason": webhook.disabled_reason,
        "failures": webhook.failures,
        "failing_since": zulu_or_none(webhook.failing_since),
        "paused_until": zulu_or_none(webhook.paused_until),
        "previous_secret_until": zulu_or_none(webhook.previous_secret_until),
        "created_at": zulu(webhook.created_at),
    }


def delivery_body(delivery: WebhookDelivery, log: list[WebhookAttempt] | None = None) -> dict[str, Any]:
    """A delivery, with the attempts made so far where they are given."""
    is_pending = delivery.state == DeliveryState.PENDING
    body = {
        "id": str(delivery.uid),
        "webhook_id": delivery.message.webhook_id,
        "kind": delivery.message.kind,
        "state": delivery.state,
        "attempts_made": delivery.attempts,
        "next_attempt_at": zulu_or_none(delivery.next_attempt_at) if is_pending else None,
        "created_at": zulu(delivery.created_at),
    }
    return body if log is None else body | {"attempts": [attempt_body(attempt) for attempt in log]}


def attempt_body(attempt: WebhookAttempt) -> dict[str, Any]:
    """One try; without ``ended_at`` it is under way, or was cut off."""
    return {
        "number": attempt.number,
        "started_at": zulu(attempt.started_at),
        "ended_at": zulu_or_none(attempt.ended_at),
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "error": attempt.error,
        "reply": attempt.reply,
    }


class WebhookOutput(serializers.Serializer[Any]):
    """A webhook without its secret."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    kinds = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    disabled_reason = serializers.CharField(allow_blank=True)
    failures = serializers.IntegerField()
    failing_since = serializers.DateTimeField(allow_null=True)
    paused_until = serializers.DateTimeField(allow_null=True)
    previous_secret_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewWebhookOutput(WebhookOutput):
    """A webhook with its secret, which is shown this once: null in a repeated call."""

    secret = serializers.CharField(allow_null=True)


class AttemptOutput(serializers.Serializer[Any]):
    """One try to deliver."""

    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    reply = serializers.CharField(allow_blank=True)


class DeliveryOutput(serializers.Serializer[Any]):
    """A message to one webhook."""

    id = serializers.UUIDField()
    webhook_id = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(DeliveryState.choices)
    attempts_made = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class LoggedDeliveryOutput(DeliveryOutput):
    """A message with the tries so far."""

    attempts = AttemptOutput(many=True)


class LinedUpOutput(serializers.Serializer[Any]):
    """How many messages will be delivered again."""

    lined_up = serializers.IntegerField()
