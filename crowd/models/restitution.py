"""Restitution: an error of ours that is made good, with a line for everything that it changed."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import RestitutionKind, RestitutionLineKind, RestitutionState
from crowd.models.project import Project
from crowd.models.task import Gold
from crowd.models.trust import TrustChange
from crowd.models.user import User
from crowd.models.worker import Worker


class Restitution(models.Model):
    """A corrected gold or an overturned decision. While ``state`` is running the row is the queue of what is left."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="restitutions")
    kind = models.CharField(max_length=20, choices=RestitutionKind)
    state = models.CharField(max_length=10, choices=RestitutionState, default=RestitutionState.RUNNING)
    gold = models.ForeignKey(Gold, null=True, on_delete=models.PROTECT, related_name="restitutions")
    change = models.OneToOneField(TrustChange, null=True, on_delete=models.PROTECT, related_name="restitution")
    # What was held to be right, what is.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gold"], condition=Q(state=RestitutionState.RUNNING), name="restitution_one_running_a_gold"
            ),
            models.CheckConstraint(
                condition=Q(kind=RestitutionKind.GOLD, gold__isnull=False, change__isnull=True)
                | Q(kind=RestitutionKind.TRUST_CHANGE, gold__isnull=True, change__isnull=False),
                name="restitution_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state=RestitutionState.RUNNING, finished_at__isnull=True)
                | Q(state=RestitutionState.DONE, finished_at__isnull=False),
                name="restitution_finished_when_done",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="restitution_newest"),
            # For the sweep; almost always empty.
            models.Index(fields=["id"], condition=Q(state=RestitutionState.RUNNING), name="restitution_running"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.project_id}"


class RestitutionLine(models.Model):
    """Append-only, by triggers. One thing that a restitution changed, or found and left to a manager.

    ``subject``: the uid of the answer, skill, trust change or transaction; one line per kind, worker and subject, so
    that work which is done twice is written down, and done, once.
    """

    restitution = models.ForeignKey(Restitution, on_delete=models.PROTECT, db_index=False, related_name="lines")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="restitution_lines")
    kind = models.CharField(max_length=24, choices=RestitutionLineKind)
    subject = models.UUIDField()
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["restitution", "kind", "worker", "subject"], name="restitution_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.worker_id}"
