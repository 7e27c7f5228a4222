"""Readings: figures about workers and projects that a job keeps, so that no request has to compute them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from crowd.enums import ReadingKind
from crowd.models.project import Project
from crowd.models.worker import Worker


class Measurement(models.Model):
    """When a project's readings are due; the row is the queue, ``leased_until`` lets one process at a time read."""

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="measurement")
    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    measured_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="measurement_due")]

    def __str__(self) -> str:
        return f"readings of {self.project_id}"


class WorkerReading(models.Model):
    """What is known about a worker on a project, by `crowd.queries.trust_figures`; can be rebuilt."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="worker_readings")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="readings")
    figures = models.JSONField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker"], name="reading_of_worker_once")]

    def __str__(self) -> str:
        return f"reading of {self.worker_id} on {self.project_id}"


class ProjectReading(models.Model):
    """One report about a project as it was last measured; can be rebuilt."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="readings")
    kind = models.CharField(max_length=20, choices=ReadingKind)
    figures = models.JSONField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind"], name="reading_of_project_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project_id}"
