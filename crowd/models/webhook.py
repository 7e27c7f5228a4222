"""Webhook, with the outbox behind it: messages, their deliveries, the attempts of each."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import DeliveryState, WebhookKind
from crowd.models.project import Project
from crowd.models.user import User


class Webhook(models.Model):
    """An address of a manager's system that is told what happens in a project.

    ``kinds`` is what it is told, everything where it is empty. The secret is kept as it is: signing needs it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    kinds = models.JSONField(default=list)
    secret = models.CharField(max_length=100)
    # Signed with as well until then, so that a receiver can change over.
    previous_secret = models.CharField(max_length=100, blank=True)
    previous_secret_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    # Why it was switched off, when nobody did it by hand.
    disabled_reason = models.CharField(max_length=300, blank=True)
    # Failures in a row, since when, with the pause that follows from them.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Removed ones keep their row for the log that refers to it.
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.url


class WebhookMessage(models.Model):
    """What there is to tell, written in the transaction of the fact; ``body`` is sent byte for byte."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="webhook_messages")
    kind = models.CharField(max_length=40, choices=WebhookKind)
    body = models.TextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.webhook_id

    @property
    def webhook_id(self) -> str:
        """The ``webhook-id`` by which receivers know a repeat."""
        return f"msg_{self.uid.hex}"


class WebhookDelivery(models.Model):
    """A message on its way to one address. ``attempts`` counts all, ``tries`` those since it was last put in line."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="deliveries")
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, db_index=False, related_name="deliveries")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    # Whoever has claimed it; a lease that ran out belongs to a process that died on the way.
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "webhook"], name="delivery_once_per_webhook")]
        indexes = [
            # Used by the courier to find what is due; almost always small.
            models.Index(fields=["webhook", "next_attempt_at"], condition=Q(state="pending"), name="delivery_due"),
            models.Index(fields=["webhook", "id"], name="delivery_of_webhook"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.uid}"


class WebhookAttempt(models.Model):
    """One try, written before it begins; without ``ended_at`` it is under way, or its process was killed."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, db_index=False, related_name="log")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    # NULL where no reply came; ``error`` then says why.
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    # The first bytes of the reply.
    reply = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
