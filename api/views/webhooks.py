"""Webhooks: managers set them up, ping them, read their log, have messages delivered again."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page_body
from api.serializers.lists import list_of, page_of
from api.serializers.webhooks import (
    DeliveryOutput,
    LinedUpOutput,
    LoggedDeliveryOutput,
    LogInput,
    NewWebhookOutput,
    RedeliverInput,
    RotateInput,
    WebhookInput,
    WebhookOutput,
    delivery_body,
    webhook_body,
)
from api.views.base import AssayView, PostView, etag_of
from crowd.enums import DeliveryState
from crowd.models import Webhook
from crowd.queries.webhooks import delivery_for, log_of, webhook_for, webhooks_of
from crowd.services.idempotency import Outcome
from crowd.services.webhook_settings import (
    add_webhook,
    change_webhook,
    ping_webhook,
    redeliver,
    redeliver_since,
    remove_webhook,
    rotate_secret,
)


class WebhooksView(PostView):
    """The webhooks of a project."""

    input_serializer = WebhookInput
    replies = {"GET": {200: list_of(WebhookOutput)}, "POST": {201: NewWebhookOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """All of them, without their secrets."""
        rows = webhooks_of(self.project(request, project))
        return Response({"results": [webhook_body(row) for row in rows]})

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add one; its secret is in this reply and in no other."""
        row = self.project(request, project)
        serializer = WebhookInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _with_secret(201, add_webhook(project=row, plan=serializer.plan(), actor=self.user(request)))


class OwnWebhookView(AssayView):
    """What finds the webhook of an address."""

    def webhook(self, request: Request, webhook: uuid.UUID) -> Webhook:
        """The webhook, if the caller manages its project."""
        return webhook_for(uid=webhook, user=self.user(request), roles=self.roles(request))


class WebhookView(OwnWebhookView):
    """One webhook."""

    patch_serializer = WebhookInput
    versioned_methods = ("PATCH", "DELETE")
    replies = {"GET": {200: WebhookOutput}, "PATCH": {200: WebhookOutput}, "DELETE": {204: None}}

    def get(self, request: Request, webhook: uuid.UUID) -> Response:
        """How it stands: since when it fails, why it was switched off."""
        row = self.webhook(request, webhook)
        return Response(webhook_body(row), headers=_version(row))

    def patch(self, request: Request, webhook: uuid.UUID) -> Response:
        """Change what is given; ``is_active`` switches it off, or on again with its failures forgotten."""
        row = self.webhook(request, webhook)
        serializer = WebhookInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with self.unchanged(request, Webhook.objects.filter(pk=row.pk), lambda: _current(row)):
            # What is left out stays as it is now that nobody else can change it.
            row.refresh_from_db()
            changed = change_webhook(webhook=row, plan=serializer.plan(row), actor=self.user(request))
        return Response(webhook_body(changed), headers=_version(changed))

    def delete(self, request: Request, webhook: uuid.UUID) -> Response:
        """Remove it with its log."""
        row = self.webhook(request, webhook)
        with self.unchanged(request, Webhook.objects.filter(pk=row.pk), lambda: _current(row)):
            remove_webhook(webhook=row, actor=self.user(request))
        return Response(status=204)


class WebhookPingView(PostView, OwnWebhookView):
    """A ping."""

    replies = {"POST": {202: DeliveryOutput}}

    def act(self, request: Request, *, webhook: uuid.UUID, **kwargs: Any) -> Outcome:
        """Send one; the log tells what came back."""
        return Outcome(202, delivery_body(ping_webhook(webhook=self.webhook(request, webhook))))


class WebhookRotateView(PostView, OwnWebhookView):
    """A new secret."""

    input_serializer = RotateInput
    replies = {"POST": {200: NewWebhookOutput}}

    def act(self, request: Request, *, webhook: uuid.UUID, **kwargs: Any) -> Outcome:
        """Sign with it from now on; for ``overlap_hours`` messages carry the old one's signature too."""
        row = self.webhook(request, webhook)
        hours = self.parsed(request)["overlap_hours"]
        return _with_secret(200, rotate_secret(webhook=row, overlap_hours=hours, actor=self.user(request)))


class WebhookDeliveriesView(OwnWebhookView):
    """The log of a webhook."""

    query_serializer = LogInput
    replies = {"GET": {200: page_of(LoggedDeliveryOutput)}}

    def get(self, request: Request, webhook: uuid.UUID) -> Response:
        """Its deliveries, the newest first, each with its attempts; ``state`` narrows them."""
        row = self.webhook(request, webhook)
        asked = self.asked(request)
        states = [DeliveryState(asked["state"])] if "state" in asked else []
        found = log_of(row, states=states)
        return Response(
            page_body(found, request, asked, lambda one: delivery_body(one, list(one.log.all())), order="-id")
        )


class WebhookRedeliverView(PostView, OwnWebhookView):
    """Messages once more."""

    input_serializer = RedeliverInput
    replies = {"POST": {202: LinedUpOutput}}

    def act(self, request: Request, *, webhook: uuid.UUID, **kwargs: Any) -> Outcome:
        """Deliver the dead ones since a time again, under the ``webhook-id`` that they had."""
        row = self.webhook(request, webhook)
        body = self.parsed(request)
        lined_up = redeliver_since(webhook=row, since=body["since"], is_everything=body["is_everything"])
        return Outcome(202, {"lined_up": lined_up})


class DeliveryRedeliverView(PostView):
    """A message once more."""

    replies = {"POST": {202: DeliveryOutput}}

    def act(self, request: Request, *, delivery: uuid.UUID, **kwargs: Any) -> Outcome:
        """Deliver it again, under the ``webhook-id`` that it had."""
        row = delivery_for(uid=delivery, user=self.user(request), roles=self.roles(request))
        return Outcome(202, delivery_body(redeliver(delivery=row)))


def _configured(webhook: Webhook) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in ("url", "description", "kinds", "is_active")}


def _current(webhook: Webhook) -> dict[str, Any]:
    # Removed meanwhile: no version is like it.
    found = Webhook.objects.filter(pk=webhook.pk).first()
    return {} if found is None else _configured(found)


def _version(webhook: Webhook) -> dict[str, str]:
    return etag_of(_configured(webhook))


def _with_secret(status: int, webhook: Webhook) -> Outcome:
    body = webhook_body(webhook)
    # A repeated call gets it without the secret: outcomes are kept, secrets in them must not be.
    return Outcome(status, body | {"secret": webhook.secret}, stored=body | {"secret": None})
