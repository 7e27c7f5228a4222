"""Import: a file on its way into a project, with what was wrong in it, and the workers that only files know."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from crowd.enums import ImportState, OnError, PersonalDataRule, WorkerKind
from crowd.models.project import Project
from crowd.models.stored_file import StoredFile
from crowd.models.user import User
from crowd.models.worker import Worker


class Import(models.Model):
    """One import. Its counts move in the transaction of the rows that they count: they are where it goes on.

    ``rows_done`` rows of the file, counted from its beginning, are settled: written, refused or passed over.
    ``leased_until``: a process is at it; when that runs out, it died.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="imports")
    name = models.CharField(max_length=200, blank=True)
    size_bytes = models.BigIntegerField()
    file_format = models.CharField(max_length=20, blank=True)
    mapping = models.JSONField(default=dict)
    prediction_kind = models.CharField(max_length=12, choices=WorkerKind, default=WorkerKind.CLASSIFIER)
    on_error = models.CharField(max_length=8, choices=OnError, default=OnError.STOP)
    pii = models.CharField(
        max_length=8, choices=PersonalDataRule, default=PersonalDataRule.WARN, db_default=PersonalDataRule.WARN
    )
    is_dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.QUEUED)
    is_cancel_asked = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    rows_total = models.PositiveIntegerField(null=True)
    rows_checked = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_failed = models.PositiveIntegerField(default=0)
    rows_passed_over = models.PositiveIntegerField(default=0)
    rows_with_pii = models.PositiveIntegerField(default=0, db_default=0)
    tasks = models.PositiveIntegerField(default=0)
    golds = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    workers = models.PositiveIntegerField(default=0)
    skips = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    writing_since = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows_total__isnull=True) | Q(rows_done__lte=F("rows_total")),
                name="import_done_within_total",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "checking", "writing"], finished_at__isnull=True)
                | Q(state__in=["finished", "failed", "cancelled"], finished_at__isnull=False),
                name="import_ended_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="import_newest"),
            # Used by the worker loop; almost always empty.
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="import_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'a file'}: {self.state}"


class ImportProblem(models.Model):
    """One thing wrong with one row; only the first of an import are kept, `Import.rows_failed` counts all.

    A warning says that the row seems to hold personal data (`Import.rows_with_pii` counts); it keeps no row out.
    """

    job = models.ForeignKey(Import, on_delete=models.CASCADE, db_index=False, related_name="problems")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    detail = models.TextField()
    is_warning = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [models.Index(fields=["job", "id"], name="import_problem_order")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.detail}"


class ImportedWorker(models.Model):
    """Whom the files of a project call by a name: the same worker in every file, and nobody who can log in."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imported_workers")
    kind = models.CharField(max_length=12, choices=WorkerKind)
    name = models.CharField(max_length=200)
    worker = models.OneToOneField(Worker, on_delete=models.PROTECT, related_name="imported_as")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind", "name"], name="imported_worker_once")]

    def __str__(self) -> str:
        return f"{self.name} on {self.project_id}"
