"""Rule: what a manager wants to happen when a worker's record looks like this, and RuleFiring: that it did."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class Rule(models.Model):
    """One version of a rule; ``body`` as `crowd.policies.rules` reads it. A changed rule is a new version."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rules")
    name = models.CharField(max_length=50)
    version = models.PositiveSmallIntegerField()
    body = models.JSONField()
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="rule_version_once"),
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(is_active=True), name="rule_one_active_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class RuleFiring(models.Model):
    """Append-only, by triggers. A rule fired for a worker for the ``number``-th time.

    Each firing uses up its window, which ends at ``until``: the next looks only at what came later. Two processes that
    find the same window compute the same number, so the constraint lets one of them act.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="firings")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    until = models.DateTimeField()
    action = models.CharField(max_length=12)
    reason = models.TextField()
    evidence = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "worker", "number"], name="rule_fires_once_a_window")]
        indexes = [models.Index(fields=["project", "-id"], name="rule_firing_newest")]

    def __str__(self) -> str:
        return f"{self.rule_id} on {self.worker_id}: {self.action}"
