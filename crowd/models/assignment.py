"""Assignment: one task lent to one worker until a deadline."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import AssignmentState
from crowd.models.project import Project
from crowd.models.task import Task
from crowd.models.worker import Worker


class Assignment(models.Model):
    """A lease. A worker gets one row per task, ever: a task that was let go and claimed again reuses it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Foreign keys without an index of their own: each would be written twice a claim, and the one on the worker alone
    # tempts the planner to read all that a veteran ever did.
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="assignments")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, db_index=False, related_name="assignments")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, db_index=False, related_name="assignments")
    state = models.CharField(max_length=10, choices=AssignmentState, default=AssignmentState.ACTIVE)
    is_gold = models.BooleanField(default=False)
    # Whether it takes one of the task's places; gold tasks and model votes take none.
    holds_place = models.BooleanField(default=True)
    # What the claim reserved from the budget, to be settled by the ledger entry or given back.
    reserved_micros = models.BigIntegerField(default=0)
    shard = models.ForeignKey("BudgetShard", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    # Chance that this task was given to this worker when it was claimed; NULL where it was not drawn at random.
    inclusion_probability = models.FloatField(null=True, blank=True)
    claimed_at = models.DateTimeField()
    deadline = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "worker"], name="assignment_task_once_per_worker"),
            # Used by the claim to return the live assignment, too.
            models.UniqueConstraint(
                fields=["worker", "project"], condition=Q(state=AssignmentState.ACTIVE), name="assignment_one_live"
            ),
            models.CheckConstraint(
                condition=Q(state=AssignmentState.ACTIVE, ended_at__isnull=True)
                | (~Q(state=AssignmentState.ACTIVE) & Q(ended_at__isnull=False)),
                name="assignment_ended_unless_active",
            ),
            models.CheckConstraint(
                condition=Q(is_gold=False) | Q(holds_place=False), name="assignment_gold_holds_no_place"
            ),
            models.CheckConstraint(condition=Q(reserved_micros__gte=0), name="assignment_reserve_not_negative"),
        ]
        indexes = [
            # Used by the sweep. The second condition keeps the planner from taking it for other questions about them.
            models.Index(
                fields=["deadline"], condition=Q(state="active", ended_at__isnull=True), name="assignment_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} to {self.worker_id}: {self.state}"
