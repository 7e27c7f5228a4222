"""Panel: a part of a project's dashboard as a job last made it; PanelClock: when a project's panels are next due."""

from __future__ import annotations

from django.db import models

from crowd.models.project import Project


class PanelClock(models.Model):
    """One row a project. ``answers_seen``, ``events_seen``: the newest rows that the panels know of.

    ``due_at`` doubles as the lease of whoever makes the panels: it is moved on by a guarded update before the work.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="panel_clock")
    due_at = models.DateTimeField()
    answers_seen = models.BigIntegerField(default=0)
    events_seen = models.BigIntegerField(default=0)

    class Meta:
        # Used by the sweep, which looks for clocks that have run out.
        indexes = [models.Index(fields=["due_at"], name="panel_clock_due")]

    def __str__(self) -> str:
        return f"panels of {self.project_id}"


class Panel(models.Model):
    """May be deleted and made again. ``body``: as `crowd.queries.panels.shapes` has it; ``seconds``: its cost."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="panels")
    name = models.CharField(max_length=30)
    body = models.JSONField()
    made_at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="panel_once_a_project")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project_id}"
