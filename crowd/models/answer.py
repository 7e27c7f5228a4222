"""Answer: what a worker submitted for a task."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from crowd.models.assignment import Assignment
from crowd.models.project import Project
from crowd.models.task import Task
from crowd.models.worker import Worker


class Answer(models.Model):
    """Append-only, by triggers: what was submitted never changes; only its processing does.

    ``label_index`` is the position of the value in the project's label set, NULL for answer types without labels.
    ``holds_place``: it counts towards the task's overlap. ``is_surplus``: it came late, when its place had been given
    to another; kept and used as evidence all the same.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The indexes below begin with these keys: others of their own would only be written.
    project = models.ForeignKey(Project, on_delete=models.PROTECT, db_index=False, related_name="answers")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, db_index=False, related_name="answers")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, db_index=False, related_name="answers")
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="answer")
    value = models.JSONField()
    label_index = models.PositiveSmallIntegerField(null=True)
    is_gold = models.BooleanField(default=False)
    # Repeats the worker's kind, so that the index below alone answers for people and for models.
    is_model = models.BooleanField(default=False)
    holds_place = models.BooleanField(default=True)
    is_surplus = models.BooleanField(default=False)
    # By the server's clock, from claim to submit: a browser's clock can be forged.
    elapsed_seconds = models.FloatField()
    created_at = models.DateTimeField()

    is_correct = models.BooleanField(null=True)
    processed_at = models.DateTimeField(null=True)
    process_attempts = models.PositiveSmallIntegerField(default=0)
    process_after = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "worker"], name="answer_task_once_per_worker"),
            models.CheckConstraint(
                condition=Q(is_correct__isnull=True) | Q(is_gold=True), name="answer_only_gold_is_scored"
            ),
            models.CheckConstraint(
                condition=Q(holds_place=False) | Q(is_gold=False, is_surplus=False),
                name="answer_place_is_for_real_tasks",
            ),
            models.CheckConstraint(condition=Q(elapsed_seconds__gte=0), name="answer_elapsed_not_negative"),
        ]
        indexes = [
            # The queue: used by the worker loop, almost always empty.
            models.Index(fields=["id"], condition=Q(processed_at__isnull=True), name="answer_unprocessed"),
            # Used by fits and lists, in the order in which answers came.
            models.Index(fields=["project", "id"], name="answer_of_project"),
            models.Index(fields=["worker", "project", "id"], name="answer_of_worker"),
            # Used by agreement: the histogram of label counts per task is made from this index alone.
            models.Index(
                fields=["project", "task", "is_model", "label_index"],
                condition=Q(is_gold=False, label_index__isnull=False),
                name="answer_patterns",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} on {self.task_id}"
