"""Adjudication: what an expert decided about a disputed task."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.models.project import Project
from crowd.models.task import Task
from crowd.models.user import User


class Adjudication(models.Model):
    """Append-only, by triggers: one a task. Enters fits as the task's known answer.

    ``label_index`` where the answer is a label, else ``value``.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="adjudications")
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="adjudication")
    adjudicator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    label_index = models.PositiveSmallIntegerField(null=True)
    value = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label_index__isnull=False, value__isnull=True)
                | Q(label_index__isnull=True, value__isnull=False),
                name="adjudication_has_label_or_value",
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.value if self.label_index is None else self.label_index}"
