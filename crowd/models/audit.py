"""Audit: a task that gets full overlap whatever its answers say, to measure what stopping early does."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.models.project import Project
from crowd.models.task import Task


class Audit(models.Model):
    """A task chosen at random when it was added. Workers cannot tell it from others.

    ``answers``, ``label_index``, ``confidence``: what stopping early would have ended with, written at the moment at
    which it would have; NULL until then, and for good where it would have gone on to the maximum.
    """

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="audit")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="audits")
    answers = models.PositiveSmallIntegerField(null=True)
    label_index = models.PositiveSmallIntegerField(null=True)
    confidence = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    stopped_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answers__isnull=True, label_index__isnull=True, stopped_at__isnull=True)
                | Q(answers__isnull=False, label_index__isnull=False, stopped_at__isnull=False),
                name="audit_stopped_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"audit of {self.task_id}"
