"""Adjudication: what an expert decided about a disputed task."""

from __future__ import annotations

import uuid

from django.db import models

from crowd.models.project import Project
from crowd.models.task import Task
from crowd.models.user import User


class Adjudication(models.Model):
    """Append-only, by triggers: one a task. Enters fits as the task's known label."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="adjudications")
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="adjudication")
    adjudicator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    label_index = models.PositiveSmallIntegerField()
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task_id}: {self.label_index}"
