"""RaterBatch: a file of a model's calls that its host answers within a day, for less."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import CallBatchState
from crowd.models.rater import Rater, RaterRun


class RaterBatch(models.Model):
    """One file of calls on its way: every step is written down before or after it, so that a kill repeats none.

    The cost of all its calls is held under one key before anything is sent. ``task_ids``: what the file is about.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="batches")
    run = models.ForeignKey(RaterRun, on_delete=models.PROTECT, related_name="batches")
    state = models.CharField(max_length=10, choices=CallBatchState, default=CallBatchState.PREPARED)
    task_ids = models.JSONField(default=list)
    calls_made = models.PositiveIntegerField(default=0)
    reserved_micros = models.BigIntegerField(default=0)
    # What the discount was when the budget was held: a later change is for later files.
    discount_percent = models.PositiveSmallIntegerField()
    # Written before the host is asked. Once set, the host's own list is read before it is asked again.
    upload_began_at = models.DateTimeField(null=True)
    submit_began_at = models.DateTimeField(null=True)
    # The host's names for the file and the batch, its word on how it stands, its counts.
    input_file = models.CharField(max_length=200, blank=True, default="")
    remote_id = models.CharField(max_length=200, blank=True, default="")
    remote_status = models.CharField(max_length=40, blank=True, default="")
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    # Requests to the host that failed in a row.
    stumbles = models.PositiveSmallIntegerField(default=0)
    cancel_asked_at = models.DateTimeField(null=True)
    cancel_sent_at = models.DateTimeField(null=True)
    # What there is to say of it beside the failures that are listed one by one.
    detail = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "rater batches"
        constraints = [
            models.UniqueConstraint(
                fields=["rater"],
                condition=~Q(state__in=[CallBatchState.ENDED, CallBatchState.REFUSED]),
                name="raterbatch_one_on_its_way",
            ),
            models.UniqueConstraint(
                fields=["rater", "remote_id"], condition=~Q(remote_id=""), name="raterbatch_remote_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[CallBatchState.ENDED, CallBatchState.REFUSED], ended_at__isnull=False)
                | (~Q(state__in=[CallBatchState.ENDED, CallBatchState.REFUSED]) & Q(ended_at__isnull=True)),
                name="raterbatch_ended_at_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(state=CallBatchState.SUBMITTED) | ~Q(remote_id=""), name="raterbatch_submitted_has_a_name"
            ),
            models.CheckConstraint(condition=Q(discount_percent__lte=100), name="raterbatch_discount_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.uid} of {self.rater_id}: {self.state}"
