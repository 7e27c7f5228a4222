"""Rater: a model, classifier or labelling function set up on a project, and RaterRun: one stretch of its work."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from crowd.enums import RaterRunKind, RaterRunState, WorkerKind
from crowd.models.project import Project
from crowd.models.prompt import PromptVersion
from crowd.models.user import User
from crowd.models.worker import Worker


class Rater(models.Model):
    """What answers in a model's name. ``spec`` and ``prompt`` shape its votes; ``key`` is their hash.

    Nothing that shapes a vote changes after the row was written: another spec is another key, another worker and
    another confusion matrix. What only says how fast and how dear it is may change. ``group``: raters that share a
    base model or family, whose errors are expected to agree; their votes are pooled, never counted one by one.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="raters")
    worker = models.OneToOneField(Worker, on_delete=models.PROTECT, related_name="rater")
    kind = models.CharField(max_length=12, choices=WorkerKind)
    name = models.CharField(max_length=120)
    group = models.CharField(max_length=120)
    key = models.CharField(max_length=64)
    spec = models.JSONField()
    prompt = models.ForeignKey(PromptVersion, null=True, on_delete=models.PROTECT, related_name="raters")
    # The rater that this one took over from: a classifier trained anew.
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    # Prices of a million tokens, in micro-units of the project's currency.
    input_price_micros = models.BigIntegerField(default=0)
    output_price_micros = models.BigIntegerField(default=0)
    requests_per_minute = models.PositiveIntegerField(null=True)
    tokens_per_minute = models.PositiveIntegerField(null=True)
    # How many tasks are asked about at once.
    concurrency = models.PositiveSmallIntegerField(default=4)
    timeout_seconds = models.FloatField(default=60.0)
    # Votes are asked for in batch files, a day's wait at so many per cent less; previews are not.
    is_batched = models.BooleanField(default=False, db_default=False)
    batch_discount_percent = models.PositiveSmallIntegerField(default=50, db_default=50)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="rater_key_once_per_project"),
            models.CheckConstraint(condition=~Q(kind=WorkerKind.HUMAN), name="rater_is_no_person"),
            models.CheckConstraint(
                condition=~Q(kind=WorkerKind.LLM) | Q(prompt__isnull=False), name="rater_llm_has_a_prompt"
            ),
            models.CheckConstraint(
                condition=Q(input_price_micros__gte=0) & Q(output_price_micros__gte=0),
                name="rater_price_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1) & Q(timeout_seconds__gt=0), name="rater_can_make_a_call"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RaterExample(models.Model):
    """An example as one rater shows it: its place in the prompt, frozen with the rater."""

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="examples")
    # While a rater shows an example, nobody can delete it.
    example = models.ForeignKey("Example", on_delete=models.PROTECT, related_name="raters")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rater", "example"], name="rater_shows_an_example_once"),
            models.UniqueConstraint(fields=["rater", "position"], name="rater_example_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.example_id} at {self.position}"


class RaterRun(models.Model):
    """A rater at work: a preview on a few tasks, or its votes on everything there is.

    The row is the truth: a process that holds the lease works on it, and every lease has a number (``fence``), so
    that what an earlier holder left in the air can be told from what the present one is about to receive.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=10, choices=RaterRunKind)
    state = models.CharField(max_length=10, choices=RaterRunState, default=RaterRunState.RUNNING)
    # Why it is paused: a stable code and a sentence; empty where a manager paused it.
    pause_code = models.CharField(max_length=40, blank=True, default="")
    pause_reason = models.TextField(blank=True, default="")
    # The tasks of a preview.
    task_ids = models.JSONField(default=list)
    votes = models.PositiveIntegerField(default=0)
    abstentions = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    # Votes that the cache answered, without a call.
    cached = models.PositiveIntegerField(default=0)
    # What the votes of this run cost.
    cost_micros = models.BigIntegerField(default=0)
    # As the last slice of work saw it; NULL before the first.
    tasks_left = models.PositiveIntegerField(null=True)
    # Time during which some process worked on it: what the expected end is made from.
    busy_seconds = models.FloatField(default=0.0)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    # Not before: after the endpoint asked for patience, or when there was nothing to do.
    look_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rater", "kind"],
                condition=~Q(state=RaterRunState.FINISHED),
                name="raterrun_one_unfinished_per_kind",
            ),
            models.CheckConstraint(
                condition=Q(state=RaterRunState.FINISHED, ended_at__isnull=False)
                | (~Q(state=RaterRunState.FINISHED) & Q(ended_at__isnull=True)),
                name="raterrun_ended_when_finished",
            ),
            models.CheckConstraint(
                condition=Q(cached__lte=F("votes") + F("abstentions")), name="raterrun_cached_votes"
            ),
        ]
        indexes = [
            # Used by the sweep to find runs that are due; almost always nearly empty.
            models.Index(fields=["look_at"], condition=Q(state=RaterRunState.RUNNING), name="raterrun_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.rater_id}: {self.state}"
