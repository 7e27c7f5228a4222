"""What a rater made of a task: the calls, the cached outcome, the vote stored with the answer, the failures."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import CallState, FailureReason
from crowd.models.answer import Answer
from crowd.models.assignment import Assignment
from crowd.models.project import Project
from crowd.models.rater import Rater, RaterRun
from crowd.models.rater_batch import RaterBatch
from crowd.models.task import Task


class RaterCall(models.Model):
    """One call of an endpoint: the row is written before the call, the reply before anything is made of it.

    A vote may take several ``part`` calls (rotations, samples, aliases). The uid goes along as the idempotency key, so
    an endpoint that honours it charges a call once, however often a crash made us ask.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, db_index=False, related_name="calls")
    run = models.ForeignKey(RaterRun, on_delete=models.PROTECT, related_name="calls")
    # The file in which it is asked; what is held for it is the file's.
    batch = models.ForeignKey(RaterBatch, null=True, on_delete=models.PROTECT, related_name="calls")
    payload_hash = models.CharField(max_length=64)
    part = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=CallState, default=CallState.INTENDED)
    # Which lease of the run is waiting for the reply.
    fence = models.PositiveIntegerField()
    # Requests sent, retries and repeats after a crash included.
    sent = models.PositiveSmallIntegerField(default=0)
    # A process died while the call was in the air: the endpoint may have answered, and charged, without us.
    is_repeated = models.BooleanField(default=False)
    # What was set aside from the budget, until the reply says what it cost.
    reserved_micros = models.BigIntegerField(default=0)
    reply = models.JSONField(null=True)
    error = models.CharField(max_length=20, choices=FailureReason, blank=True, default="")
    detail = models.TextField(blank=True, default="")
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost_micros = models.BigIntegerField(default=0)
    latency_seconds = models.FloatField(null=True)
    created_at = models.DateTimeField()
    replied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rater", "payload_hash", "part"], name="ratercall_part_once"),
            models.CheckConstraint(
                condition=~Q(state=CallState.REPLIED) | Q(reply__isnull=False), name="ratercall_replied_has_a_reply"
            ),
            models.CheckConstraint(condition=Q(cost_micros__gte=0), name="ratercall_cost_not_negative"),
        ]
        indexes = [
            # Used to find what a dead process left in the air; almost always nearly empty.
            models.Index(fields=["run"], condition=Q(state=CallState.INTENDED), name="ratercall_in_the_air"),
        ]

    def __str__(self) -> str:
        return f"{self.part} of {self.payload_hash[:8]}: {self.state}"


class CachedVote(models.Model):
    """What a rater made of a payload, once for all tasks that have it. Never changed, by triggers.

    ``label_index`` NULL: it abstained, and ``abstained_because`` says why.
    """

    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, db_index=False, related_name="cached_votes")
    payload_hash = models.CharField(max_length=64)
    label_index = models.PositiveSmallIntegerField(null=True)
    abstained_because = models.CharField(max_length=40, blank=True, default="")
    probabilities = models.JSONField(null=True)
    label_mass = models.FloatField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True, default="")
    calls = models.PositiveSmallIntegerField(default=0)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_micros = models.BigIntegerField(default=0)
    latency_seconds = models.FloatField(default=0.0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rater", "payload_hash"], name="cachedvote_once_per_payload"),
            models.CheckConstraint(
                condition=Q(label_index__isnull=True, abstained_because__gt="")
                | Q(label_index__isnull=False, abstained_because=""),
                name="cachedvote_votes_or_abstains",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payload_hash[:8]}: {self.label_index}"


class VoteDetail(models.Model):
    """What stands behind a model's answer; never changed, by triggers. An abstention has no answer.

    ``probabilities``: one per label, in the order of the project's label set, summing to 1; NULL where the rater gives
    none. ``label_mass``: the probability that the model gave to any label at all, before they were made to sum to 1.
    ``cost_micros``: what this vote cost; 0 when the cache answered.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="vote_details")
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="votes")
    run = models.ForeignKey(RaterRun, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, db_index=False, related_name="vote_details")
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="vote_detail")
    answer = models.OneToOneField(Answer, null=True, on_delete=models.PROTECT, related_name="vote_detail")
    cached_vote = models.ForeignKey(CachedVote, on_delete=models.PROTECT, related_name="votes")
    # The rater's group as it was when it voted.
    group = models.CharField(max_length=120)
    is_abstention = models.BooleanField(default=False)
    probabilities = models.JSONField(null=True)
    label_mass = models.FloatField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True, default="")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_micros = models.BigIntegerField(default=0)
    latency_seconds = models.FloatField(default=0.0)
    is_cached = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "rater"], name="votedetail_task_once_per_rater"),
            models.CheckConstraint(
                condition=Q(is_abstention=True, answer__isnull=True) | Q(is_abstention=False, answer__isnull=False),
                name="votedetail_answer_or_abstention",
            ),
        ]
        # Used by fits and calibration, in the order in which votes came.
        indexes = [models.Index(fields=["project", "id"], name="votedetail_of_project")]

    def __str__(self) -> str:
        return f"{self.rater_id} on {self.task_id}"


class VoteFailure(models.Model):
    """A vote that did not come about, with the reason. ``retried_at``: a manager had it tried again."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, db_index=False, related_name="failures")
    run = models.ForeignKey(RaterRun, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="vote_failures")
    reason = models.CharField(max_length=20, choices=FailureReason)
    detail = models.TextField()
    created_at = models.DateTimeField()
    retried_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["rater", "id"], name="votefailure_of_rater")]

    def __str__(self) -> str:
        return f"{self.reason} on {self.task_id}"


class InjectionFlag(models.Model):
    """A task whose payload talks to the model: no model decides it alone.

    ``evidence``: the passages that gave it away, or the aliased prompts that disagreed.
    """

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="injection_flag")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="injection_flags")
    evidence = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"injection in {self.task_id}"


class CallBucket(models.Model):
    """What an endpoint may still be asked this minute, shared by all processes: requests and tokens."""

    key = models.CharField(max_length=64, unique=True)
    requests = models.FloatField()
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
