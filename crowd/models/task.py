"""Task: one thing to be judged, and Gold: its right labels when we know them."""

from __future__ import annotations

import random
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from crowd.enums import TaskState
from crowd.models.project import Project


def random_place() -> float:
    """Where a row stands in an order that tells nothing: uniform in [0, 1)."""
    return random.random()


class Task(models.Model):
    """One thing to be judged, once per worker.

    ``overlap`` = open slots + live assignments + answers that count; the claim takes a slot by a guarded update, so
    the check constraint makes more answers than ``overlap`` impossible.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="tasks")
    key = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    overlap = models.PositiveSmallIntegerField(default=0)
    open_slots = models.PositiveSmallIntegerField(default=0)
    # Kept equal to "open and open_slots > 0". The claim's partial index is on this flag and not on the counter, so
    # that most updates of the counter touch no index (heap-only on PostgreSQL).
    is_open = models.BooleanField(default=False)
    # What the manager asked and where routing has put it since, as `crowd.policies.routing` packs them.
    priority = models.SmallIntegerField(default=0)
    rnd = models.FloatField(default=random_place)
    # When it last became claimable; a trigger keeps it (0005), so that no service can forget to.
    opened_at = models.DateTimeField(null=True, default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="task_key_once_per_project"),
            models.CheckConstraint(
                condition=Q(open_slots__gte=0) & Q(open_slots__lte=F("overlap")), name="task_slots_within_overlap"
            ),
            models.CheckConstraint(
                condition=Q(is_open=False) | (Q(state=TaskState.OPEN) & Q(open_slots__gt=0)),
                name="task_open_has_a_slot",
            ),
            models.CheckConstraint(condition=~Q(state=TaskState.GOLD) | Q(overlap=0), name="task_gold_has_no_overlap"),
        ]
        indexes = [
            # Used by every claim.
            models.Index(
                F("project"), F("priority").desc(), F("rnd"), condition=Q(is_open=True), name="task_claimable"
            ),
            # Used by claims of workers for whom there was nothing a moment ago: has anything opened since?
            models.Index(fields=["project", "opened_at"], condition=Q(is_open=True), name="task_opened"),
            # Used to tell "wait" from "finished".
            models.Index(fields=["project"], condition=Q(state=TaskState.OPEN), name="task_unfinished"),
            models.Index(fields=["project", "state"], name="task_by_state"),
        ]

    def __str__(self) -> str:
        return self.key


class Gold(models.Model):
    """The right labels of a gold task. ``labels`` are label values; any of them counts as right."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="gold")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="golds")
    labels = models.JSONField()
    reason = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    times_used = models.PositiveIntegerField(default=0)
    rnd = models.FloatField(default=random_place)

    class Meta:
        indexes = [
            # Used by the claim: the least-used gold first, at random within equals.
            models.Index(fields=["project", "times_used", "rnd"], condition=Q(is_active=True), name="gold_least_used"),
        ]

    def __str__(self) -> str:
        return f"gold of {self.task_id}"
