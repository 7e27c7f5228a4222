"""Worker: whoever answers, person or model, and Enrolment: that worker on one project."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import TrustLevel, VoteState, WorkerKind
from crowd.models.project import Project
from crowd.models.user import User


class Worker(models.Model):
    """Whoever answers. A model's ``rater_key`` is the hash of all that shapes its votes: a new key, a new worker."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="worker")
    kind = models.CharField(max_length=12, choices=WorkerKind, default=WorkerKind.HUMAN)
    name = models.CharField(max_length=120)
    rater_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    model = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=WorkerKind.HUMAN) | Q(rater_key__isnull=True), name="worker_person_has_no_rater_key"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """A worker on a project. ``trust_level`` repeats the newest trust change, for the claim to read in one row."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="enrolments")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="enrolments")
    trust_level = models.CharField(max_length=12, choices=TrustLevel, default=TrustLevel.NEW)
    # Whether this worker's answers enter the consensus: a model starts in the shadow.
    vote_state = models.CharField(max_length=10, choices=VoteState, default=VoteState.COUNTED)
    # A model walks through the tasks in order: everything up to this task id has been offered to it.
    cursor = models.BigIntegerField(default=0)
    # Where a person with many answers goes on looking, at a level of priority; NULL: from its beginning.
    walk_priority = models.SmallIntegerField(null=True)
    walk_rnd = models.FloatField(null=True)
    # The last reply when there was nothing, with how long it stands unless a task opens after ``idle_since``.
    idle_reply = models.CharField(max_length=10, blank=True, default="")
    idle_since = models.DateTimeField(null=True)
    idle_until = models.DateTimeField(null=True)
    # Claims so far, and how many of them were gold: what the gold policy needs without counting rows.
    claims = models.PositiveIntegerField(default=0)
    gold_claims = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "worker"], name="enrolment_once"),
            models.CheckConstraint(
                condition=Q(gold_claims__lte=models.F("claims")), name="enrolment_golds_within_claims"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker} on {self.project}"
