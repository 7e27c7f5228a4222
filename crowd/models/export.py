"""Export: a file made of a project's rows, to be fetched for a while."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import ExportFormat, ExportKind, ExportState
from crowd.models.project import Project
from crowd.models.stored_file import StoredFile
from crowd.models.user import User


class Export(models.Model):
    """One export. Whoever dies at it is replaced, and begins a new file: only a whole one is ever linked here."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="exports")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=ExportKind)
    file_format = models.CharField(max_length=20, choices=ExportFormat)
    filters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.QUEUED)
    is_cancel_asked = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="exports")
    size_bytes = models.BigIntegerField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "writing"], finished_at__isnull=True)
                | Q(state__in=["finished", "failed", "cancelled", "expired"], finished_at__isnull=False),
                name="export_ended_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="export_newest"),
            # Used by the worker loop; almost always empty.
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="export_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} as {self.file_format}: {self.state}"
