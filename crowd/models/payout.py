"""How money leaves: where workers want it, batches with their lines, the entries that a line covers, the file."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from crowd.enums import BatchFormat, BatchState, LineState, PayeeMethod
from crowd.models.ledger import Account, Entry
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class PayeeDetails(models.Model):
    """Where a worker wants the money: private, read by the worker and by the file of a batch, by nothing else."""

    worker = models.OneToOneField(Worker, on_delete=models.PROTECT, related_name="payee")
    method = models.CharField(max_length=10, choices=PayeeMethod)
    # PayPal: an address; SEPA: an IBAN; Wise: an id of a recipient there.
    recipient = models.CharField(max_length=254)
    name = models.CharField(max_length=140, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "payee details"

    def __str__(self) -> str:
        return f"{self.method} of {self.worker_id}"


class Batch(models.Model):
    """Payments of one project that go out together, in one format and currency; moved by guarded updates."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    currency = models.CharField(max_length=3)
    format = models.CharField(max_length=12, choices=BatchFormat)
    # What the format needs beside the lines: the payer's account, the columns of Wise's template, …
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.DRAFT)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")), name="batch_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[BatchState.DRAFT, BatchState.CANCELLED]) | Q(approved_by__isnull=False),
                name="batch_leaves_approved",
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="batch_newest")]

    def __str__(self) -> str:
        return f"batch {self.uid}: {self.state}"


class BatchLine(models.Model):
    """One payment, with the payee as it stood when the line was made; ``number`` counts from 1.

    ``amount_micros`` is whole minor units of the currency; ``carried_micros`` stays with the worker for the next one.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    method = models.CharField(max_length=10, choices=PayeeMethod)
    recipient = models.CharField(max_length=254)
    name = models.CharField(max_length=140, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    amount_micros = models.BigIntegerField()
    carried_micros = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=LineState, default=LineState.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_line_number_once"),
            models.UniqueConstraint(fields=["batch", "account"], name="batch_pays_an_account_once"),
            models.CheckConstraint(
                condition=Q(amount_micros__gt=0) & Q(carried_micros__gte=0), name="batch_line_pays_something"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.number} of {self.batch_id}"


class PaidEntry(models.Model):
    """An entry that a line covers, append-only: once, ever."""

    line = models.ForeignKey(BatchLine, on_delete=models.PROTECT, related_name="covered")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="paid_by")

    class Meta:
        verbose_name_plural = "paid entries"

    def __str__(self) -> str:
        return f"{self.entry_id} by {self.line_id}"


class BatchFile(models.Model):
    """The exported bytes, append-only: exporting again gives these."""

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="file")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
