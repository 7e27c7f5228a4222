"""What models do beside voting: tasks they decide alone, samples they are corrected by, suggestions to people."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.enums import SuggestionPolicy
from crowd.models.gate import ModelTest
from crowd.models.project import Project
from crowd.models.task import Task
from crowd.models.worker import Worker


class ModelDecision(models.Model):
    """A task that a certified model decided alone. Only its withdrawal may be added later, by triggers.

    ``is_audited``: drawn with ``audit_probability`` to be answered by people all the same, who then decide it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="model_decisions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="model_decisions")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="model_decisions")
    # The certificate that allowed it.
    test = models.ForeignKey(ModelTest, on_delete=models.PROTECT, related_name="decisions")
    label_index = models.PositiveSmallIntegerField()
    confidence = models.FloatField()
    is_audited = models.BooleanField()
    audit_probability = models.FloatField()
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(withdrawn_at__isnull=True), name="modeldecision_one_stands"
            ),
            models.CheckConstraint(
                condition=Q(audit_probability__gt=0, audit_probability__lte=1), name="modeldecision_audit_has_a_chance"
            ),
        ]
        indexes = [models.Index(fields=["project", "worker", "id"], name="modeldecision_of_worker")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.label_index} by {self.worker_id}"


class PrevalenceDraw(models.Model):
    """Append-only, by triggers. A task that was drawn at random for people to answer, with its chance.

    The inclusion probability of all of its assignments: kept here so that no claim has to write it.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prevalence_draws")
    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="prevalence_draw")
    inclusion_probability = models.FloatField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
                name="prevalencedraw_chance_is_probability",
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_id} drawn with {self.inclusion_probability:g}"


class Suggestion(models.Model):
    """Append-only, by triggers. A model's label that a worker was shown with a task, or was not, by lot.

    ``is_held_out``: drawn to get none, for comparison. An answer with a suggestion shown before it is no evidence
    about the model.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="suggestions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="suggestions")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="suggestions")
    suggester = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="+")
    policy = models.CharField(max_length=10, choices=SuggestionPolicy)
    label_index = models.PositiveSmallIntegerField()
    is_held_out = models.BooleanField()
    holdout_share = models.FloatField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "worker"], name="suggestion_once")]
        indexes = [models.Index(fields=["project", "id"], name="suggestion_of_project")]

    def __str__(self) -> str:
        return f"{self.label_index} on {self.task_id} to {self.worker_id}"
