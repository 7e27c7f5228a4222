"""AskedMore: how many answers a manager wants of one task, whatever the project asks of the others."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.models.task import Task


class AskedMore(models.Model):
    """``answers``: the task is not complete with fewer, and may take as many."""

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="asked_more")
    answers = models.PositiveSmallIntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "asked more"
        constraints = [models.CheckConstraint(condition=Q(answers__gte=1), name="asked_more_at_least_one")]

    def __str__(self) -> str:
        return f"{self.answers} answers of {self.task_id}"
