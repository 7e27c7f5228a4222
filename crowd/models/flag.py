"""Flag: evidence that somebody should look at a worker, and DeviceSighting: who logged in from which browser."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import FlagKind, FlagState
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class Flag(models.Model):
    """Evidence, never a punishment: nothing follows from it unless a manager acts.

    One per kind, worker (and ``other`` for a pair) and ``window``, the Monday (UTC) of the week in which it was first
    raised. A job refreshes the figures of open flags; one that was decided stays as it was.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="flags")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="flags")
    other = models.ForeignKey(Worker, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=FlagKind)
    window = models.DateField()
    p_value = models.FloatField(null=True)
    evidence = models.JSONField()
    state = models.CharField(max_length=10, choices=FlagState, default=FlagState.OPEN)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "worker", "window"],
                condition=Q(other__isnull=True),
                name="flag_once_a_window",
            ),
            models.UniqueConstraint(
                fields=["project", "kind", "worker", "other", "window"],
                condition=Q(other__isnull=False),
                name="flag_of_pair_once_a_window",
            ),
            models.CheckConstraint(
                condition=Q(state=FlagState.OPEN, decided_at__isnull=True)
                | (~Q(state=FlagState.OPEN) & Q(decided_at__isnull=False)),
                name="flag_decided_unless_open",
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="flag_newest")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.worker_id}"


class DeviceSighting(models.Model):
    """A worker logged in from a browser, known only by the keyed hash of a random cookie; deleted after a while."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="sightings")
    digest = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "worker"], name="sighting_once")]
        indexes = [models.Index(fields=["last_seen_at"], name="sighting_age")]

    def __str__(self) -> str:
        return f"{self.worker_id} at {self.digest[:8]}"
