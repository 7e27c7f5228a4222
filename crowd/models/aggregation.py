"""Consensus, Skill, ItemScore and AggregationRun: what was inferred from answers; all but runs can be rebuilt."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import RunState
from crowd.models.project import Project
from crowd.models.task import Task
from crowd.models.worker import Worker


class AggregationRun(models.Model):
    """One fit: model, parameters, which answers it read, how it ended."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="runs")
    model = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    last_answer_id = models.BigIntegerField(null=True)
    tasks = models.PositiveIntegerField(default=0)
    workers = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    is_converged = models.BooleanField(null=True)
    iterations = models.PositiveIntegerField(null=True)
    objective = models.FloatField(null=True)
    prevalence = models.JSONField(null=True)
    # What the fit learnt of the crowd where that is not prevalence; what the preview needs of it.
    estimates = models.JSONField(null=True)
    # How much an answer counts in the preview, so that it is as sure as this fit; NULL where the model cannot say.
    preview_weight = models.FloatField(null=True)
    # The mean accuracy of an answer, over answers; NULL where the model cannot say.
    crowd_accuracy = models.FloatField(null=True)
    # Figures of agreement over the same answers, per group of raters.
    agreement = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="run_newest")]

    def __str__(self) -> str:
        return f"{self.model} over {self.answers} answers"


class Consensus(models.Model):
    """The current result of a task. ``run`` is NULL while it is the incremental preview.

    Where an answer is one label: ``label_index`` with the posterior over the label set. Otherwise ``value``: a label
    set (``posterior``: of each label by itself), a number with its 95 % interval ``low`` … ``high``, an order.
    ``confidence``: the probability of the label; of the least sure label of a set; that the number is within the
    project's tolerance; that the order is right.
    """

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="consensus")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="consensuses")
    label_index = models.PositiveSmallIntegerField(null=True)
    value = models.JSONField(null=True)
    posterior = models.JSONField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    confidence = models.FloatField()
    answers = models.PositiveIntegerField()
    run = models.ForeignKey(AggregationRun, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                # A sum of floats may pass 1 by a rounding error.
                condition=Q(confidence__gte=0) & Q(confidence__lte=1.000001),
                name="consensus_confidence_is_probability",
            ),
            models.CheckConstraint(
                condition=Q(label_index__isnull=False, posterior__isnull=False) | Q(value__isnull=False),
                name="consensus_has_label_or_value",
            ),
        ]
        indexes = [models.Index(fields=["project", "confidence"], name="consensus_least_sure")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.value if self.label_index is None else self.label_index} ({self.confidence:.3f})"


class Skill(models.Model):
    """Estimated quality of a worker on a project: from gold, from the posterior of tasks, from adjudications, apart.

    ``gold_llr`` is the sequential test's log-likelihood ratio, and ``recent_right``/``recent_wrong`` count the golds
    since it last said "good" (all of them, if it never did); ``confusion`` (K, K) nested lists ``[true][given]``,
    rows sum to 1, from the newest full fit; ``traits``: what a fit of other answer types says of the worker, each
    figure with its interval. ``peer_agreed``/``peer_differed``: expected counts over finished tasks,
    the worker's own answer taken out of each posterior; NULL before a fit that knows confusion matrices.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="skills")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="skills")
    gold_right = models.PositiveIntegerField(default=0)
    gold_wrong = models.PositiveIntegerField(default=0)
    recent_right = models.PositiveIntegerField(default=0)
    recent_wrong = models.PositiveIntegerField(default=0)
    gold_llr = models.FloatField(default=0.0)
    mean = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    confusion = models.JSONField(null=True)
    traits = models.JSONField(null=True)
    ability = models.FloatField(null=True)
    ability_low = models.FloatField(null=True)
    ability_high = models.FloatField(null=True)
    peer_agreed = models.FloatField(null=True)
    peer_differed = models.FloatField(null=True)
    adjudicated_right = models.PositiveIntegerField(default=0)
    adjudicated_wrong = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    run = models.ForeignKey(AggregationRun, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker"], name="skill_once")]

    def __str__(self) -> str:
        return f"{self.worker_id} on {self.project_id}"


class ItemScore(models.Model):
    """Where an item that is compared in several tasks stands among the project's items; rewritten by every fit.

    ``score``: log odds of being preferred to an item of score 0, with its 95 % interval. Scores of different ``part``s,
    which share no item, compare through the prior only.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False, related_name="item_scores")
    item = models.CharField(max_length=200)
    place = models.PositiveIntegerField()
    score = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    part = models.PositiveIntegerField()
    tasks = models.PositiveIntegerField()
    answers = models.PositiveIntegerField()
    run = models.ForeignKey(AggregationRun, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "item"], name="item_score_once")]
        indexes = [models.Index(fields=["project", "place"], name="item_score_order")]

    def __str__(self) -> str:
        return f"{self.item}: {self.score:.2f}"
