"""ApiKey, RateWindow, IdempotencyRecord: who may call, how often, and what a repeated call gets back."""

from __future__ import annotations

import uuid

from django.db import models

from crowd.models.user import User


class ApiKey(models.Model):
    """A key to the API, stored as a hash; ``prefix`` is what its owner recognises it by."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Written at most once in a few minutes, not with every request.
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.user_id}"


class RateWindow(models.Model):
    """How many calls of one caller in one window processes have taken for themselves, a block at a time."""

    caller = models.CharField(max_length=80)
    window = models.BigIntegerField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "window"], name="rate_window_once")]
        indexes = [models.Index(fields=["window"], name="rate_window_age")]

    def __str__(self) -> str:
        return f"{self.caller}: {self.taken}"


class IdempotencyRecord(models.Model):
    """The stored outcome of a POST: one per user and key."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key
