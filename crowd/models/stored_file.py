"""StoredFile and FileChunk: files that come and go with the database, so that every process of every host has them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.models.project import Project


class StoredFile(models.Model):
    """A file of a project, kept until ``expires_at``. Incomplete while it arrives, and for good when that broke off."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="files")
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    is_complete = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_complete=False) | ~Q(sha256=""), name="file_complete_has_a_sum")
        ]
        # Used by the sweep to throw away what has expired.
        indexes = [models.Index(fields=["expires_at"], name="file_expiry")]

    def __str__(self) -> str:
        return f"{self.size_bytes} bytes of {self.project_id}"


class FileChunk(models.Model):
    """A stretch of a file, deflated by zlib; ``number`` counts from 0."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, db_index=False, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="file_chunk_once")]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.file_id}"
