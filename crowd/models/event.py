"""Event: what happened, for the audit trail."""

from __future__ import annotations

import uuid

from django.db import models

from crowd.enums import EventKind
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class Event(models.Model):
    """Append-only, by triggers. ``subject`` is the uid of what it is about."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="events")
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    worker = models.ForeignKey(Worker, null=True, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=30, choices=EventKind)
    subject = models.UUIDField(null=True)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="event_newest"),
            # Used by the history of one task.
            models.Index(fields=["subject"], name="event_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.created_at:%Y-%m-%d %H:%M}"
