"""Course: a training with its exam, and what workers made of it: Attempt, Step, Qualification."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from crowd.enums import AttemptState, CoursePart, CoursePay
from crowd.models.ledger import BudgetShard
from crowd.models.project import Project
from crowd.models.task import random_place
from crowd.models.user import User
from crowd.models.worker import Worker


class Course(models.Model):
    """A training followed by a sequential exam. Its items are never golds of the work: training shows their labels.

    Accuracies, ``alpha`` (a good worker fails) and ``beta`` (a bad one passes) are those of the exam's test; prices
    are micro-units an item of the project's currency.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="courses")
    name = models.CharField(max_length=120)
    good_accuracy = models.FloatField(default=0.85)
    bad_accuracy = models.FloatField(default=0.6)
    alpha = models.FloatField(default=0.1)
    beta = models.FloatField(default=0.05)
    max_items = models.PositiveSmallIntegerField(default=30)
    pay = models.CharField(max_length=12, choices=CoursePay, default=CoursePay.EVERY_ITEM)
    training_price_micros = models.BigIntegerField(default=0)
    exam_price_micros = models.BigIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    retry_after_seconds = models.PositiveIntegerField(default=24 * 3600)
    # How long a qualification is good for; NULL: for ever.
    valid_days = models.PositiveIntegerField(null=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="course_name_once"),
            models.CheckConstraint(
                condition=Q(bad_accuracy__gt=0) & Q(good_accuracy__lt=1) & Q(good_accuracy__gt=F("bad_accuracy")),
                name="course_accuracies_in_order",
            ),
            models.CheckConstraint(
                condition=Q(training_price_micros__gte=0) & Q(exam_price_micros__gte=0),
                name="course_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CourseItem(models.Model):
    """One thing to judge in a course, with its right labels and the reason."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="items")
    part = models.CharField(max_length=10, choices=CoursePart)
    key = models.CharField(max_length=200)
    payload = models.JSONField()
    labels = models.JSONField()
    reason = models.TextField(blank=True)
    rnd = models.FloatField(default=random_place)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "key"], name="course_item_key_once")]

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """A worker's go at one part of a course; ``llr`` is the exam's log-likelihood ratio of bad against good."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="attempts")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="attempts")
    part = models.CharField(max_length=10, choices=CoursePart)
    state = models.CharField(max_length=10, choices=AttemptState, default=AttemptState.RUNNING)
    right = models.PositiveSmallIntegerField(default=0)
    wrong = models.PositiveSmallIntegerField(default=0)
    llr = models.FloatField(default=0.0)
    started_at = models.DateTimeField()
    last_active_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "worker"], condition=Q(state=AttemptState.RUNNING), name="attempt_one_running"
            ),
            models.CheckConstraint(
                condition=Q(state=AttemptState.RUNNING, ended_at__isnull=True)
                | (~Q(state=AttemptState.RUNNING) & Q(ended_at__isnull=False)),
                name="attempt_ended_unless_running",
            ),
        ]
        indexes = [
            models.Index(fields=["course", "worker", "id"], name="attempt_of_worker"),
            # Used by the sweep.
            models.Index(fields=["last_active_at"], condition=Q(state="running"), name="attempt_idle"),
        ]

    def __str__(self) -> str:
        return f"{self.part} of {self.worker_id}: {self.state}"


class Step(models.Model):
    """One item shown in an attempt, with the answer once it is there."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="steps")
    item = models.ForeignKey(CourseItem, on_delete=models.PROTECT, related_name="steps")
    shown_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    value = models.JSONField(null=True)
    is_right = models.BooleanField(null=True)
    # What showing the item reserved from the budget, booked or given back when the attempt ends.
    reserved_micros = models.BigIntegerField(default=0)
    shard = models.ForeignKey(BudgetShard, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "item"], name="step_item_once_an_attempt"),
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(answered_at__isnull=True), name="step_one_open_an_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} in {self.attempt_id}"


class Qualification(models.Model):
    """A worker passed a course; good until it expires or is revoked."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="qualifications")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="qualifications")
    # NULL where a manager granted it by hand.
    attempt = models.OneToOneField(Attempt, null=True, on_delete=models.PROTECT, related_name="qualification")
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["course", "worker"], name="qualification_of_worker")]

    def __str__(self) -> str:
        return f"{self.course_id} passed by {self.worker_id}"
