"""TrustChange: a decision about a worker with its evidence, and ReopenedPlace: what a suspension gave back."""

from __future__ import annotations

import uuid

from django.db import models

from crowd.enums import TrustLevel
from crowd.models.answer import Answer
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class TrustChange(models.Model):
    """Append-only, by triggers. ``evidence`` holds the figures as they stood; ``actor`` is NULL for a rule.

    A warning is a change whose two levels are the same. ``expires_at``: when the level ends by itself.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="trust_changes")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="trust_changes")
    from_level = models.CharField(max_length=12, choices=TrustLevel)
    to_level = models.CharField(max_length=12, choices=TrustLevel)
    rule = models.CharField(max_length=60)
    rule_version = models.PositiveSmallIntegerField()
    reason = models.TextField()
    evidence = models.JSONField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "worker", "id"], name="trust_of_worker")]

    def __str__(self) -> str:
        return f"{self.worker_id}: {self.from_level} → {self.to_level}"


class ReopenedPlace(models.Model):
    """Append-only, by triggers. The place of an answer was given to another worker; the answer stays as evidence.

    One row per answer, ever: a suspension that is lifted, then repeated, opens no place twice.
    """

    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="reopened_place")
    change = models.ForeignKey(TrustChange, on_delete=models.PROTECT, related_name="reopened_places")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"place of answer {self.answer_id}"
