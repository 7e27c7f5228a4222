"""The gate for models: a project's terms, the tests, the changes of state, what is known of each model."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import ModelTestKind, PoolingRule, SuggestionPolicy, VoteState
from crowd.models.project import Project
from crowd.models.user import User
from crowd.models.worker import Worker


class GateTerms(models.Model):
    """How a project treats its models; a project without a row has the defaults.

    ``epsilon``: what a person costs more than a model, in the tests. A certificate bounds the wrong share of what a
    model decides at ``error_rate`` with probability 1 − ``delta``. ``audit_share`` of it goes to people all the same.
    """

    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="gate_terms")
    pooling = models.CharField(max_length=10, choices=PoolingRule, default=PoolingRule.POOL)
    # Otherwise a model that passes is proposed, and a manager decides.
    is_promotion_automatic = models.BooleanField(default=False)
    epsilon = models.FloatField(default=0.1)
    error_rate = models.FloatField(default=0.1)
    delta = models.FloatField(default=0.1)
    audit_share = models.FloatField(default=0.1)
    suggestions = models.CharField(max_length=10, choices=SuggestionPolicy, default=SuggestionPolicy.OFF)
    suggester = models.ForeignKey(Worker, null=True, on_delete=models.PROTECT, related_name="+")
    # The share of assignments without a suggestion, to see what suggestions do.
    holdout_share = models.FloatField(default=0.25)
    # What an adjudicator's decision costs; with it, one may be asked before the maximum overlap.
    adjudication_micros = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    epsilon__gte=0, epsilon__lt=1, error_rate__gt=0, error_rate__lt=1, delta__gt=0, delta__lt=1
                ),
                name="gateterms_rates_are_shares",
            ),
            # Without audits nobody would notice that a model has changed.
            models.CheckConstraint(condition=Q(audit_share__gt=0, audit_share__lte=1), name="gateterms_some_audits"),
            models.CheckConstraint(
                condition=Q(holdout_share__gt=0, holdout_share__lt=1), name="gateterms_some_held_out"
            ),
            models.CheckConstraint(
                condition=Q(suggestions=SuggestionPolicy.OFF) | Q(suggester__isnull=False),
                name="gateterms_somebody_suggests",
            ),
            models.CheckConstraint(
                condition=Q(adjudication_micros__isnull=True) | Q(adjudication_micros__gt=0),
                name="gateterms_adjudication_costs",
            ),
        ]

    def __str__(self) -> str:
        return f"gate of {self.project_id}"


class ModelTest(models.Model):
    """Append-only, by triggers. One test of a model: which, on which answers, with which figures and outcome.

    ``passes`` is NULL where the test cannot say yet. ``first_answer_id``, ``last_answer_id``: the answers it read.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="model_tests")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="model_tests")
    kind = models.CharField(max_length=12, choices=ModelTestKind)
    test = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    passes = models.BooleanField(null=True)
    reason = models.TextField()
    figures = models.JSONField()
    tasks = models.PositiveIntegerField()
    first_answer_id = models.BigIntegerField(null=True)
    last_answer_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "worker", "-id"], name="modeltest_newest")]

    def __str__(self) -> str:
        return f"{self.test} of {self.worker_id}: {self.passes}"


class VoteChange(models.Model):
    """Append-only, by triggers. A model's move between states, with the test it rests on and who decided.

    ``actor`` is NULL for the job. ``evidence`` holds the figures as they stood: the accuracy that drift is measured
    against, the threshold of a certificate. ``voids_decisions``: what the model decided alone goes to people again.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="vote_changes")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="vote_changes")
    from_state = models.CharField(max_length=10, choices=VoteState)
    to_state = models.CharField(max_length=10, choices=VoteState)
    test = models.ForeignKey(ModelTest, null=True, on_delete=models.PROTECT, related_name="changes")
    reason = models.TextField()
    evidence = models.JSONField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    voids_decisions = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "worker", "-id"], name="votechange_newest")]
        constraints = [
            models.CheckConstraint(condition=~Q(from_state=models.F("to_state")), name="votechange_changes_something")
        ]

    def __str__(self) -> str:
        return f"{self.worker_id}: {self.from_state} → {self.to_state}"


class ModelStanding(models.Model):
    """What the newest review found of a model; it can be rebuilt from answers.

    ``temperature``, ``bias`` (K,): the calibration of its soft votes on ``calibration_golds`` golds, NULL without.
    ``figures``: what pages show. ``threshold``: the confidence from which it is certified to decide, NULL if it is not.
    ``proposed``: the state that the tests would let it into, empty where it should stay, with the test for it.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="model_standings")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="model_standings")
    group = models.CharField(max_length=130)
    temperature = models.FloatField(null=True)
    bias = models.JSONField(null=True)
    calibration_golds = models.PositiveIntegerField(default=0)
    # ρ of the errors in its group, against people and gold; NULL where it cannot be said.
    group_correlation = models.FloatField(null=True)
    threshold = models.FloatField(null=True)
    reference_accuracy = models.FloatField(null=True)
    proposed = models.CharField(max_length=10, choices=VoteState, blank=True, default="")
    test = models.ForeignKey(ModelTest, null=True, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField(default=dict)
    # Tasks shared with people at the newest test: the next comes when they have grown.
    tested_tasks = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker"], name="modelstanding_once")]

    def __str__(self) -> str:
        return f"standing of {self.worker_id}"
