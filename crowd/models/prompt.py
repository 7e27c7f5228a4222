"""Prompts with their versions, and the pools of examples that a few-shot rater may show."""

from __future__ import annotations

import uuid

from django.db import models

from crowd.models.project import Project
from crowd.models.user import User


class PromptTemplate(models.Model):
    """A prompt under one name; what it says is in its versions."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompts")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="prompttemplate_name_once")]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """Append-only, by triggers. ``words``: the word that stands for a label in the prompt, by label value."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    template = models.ForeignKey(PromptTemplate, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    system = models.TextField(blank=True)
    user = models.TextField()
    words = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "version"], name="promptversion_number_once")]

    def __str__(self) -> str:
        return f"{self.template_id}, version {self.version}"


class ExamplePool(models.Model):
    """Examples under one name."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="example_pools")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="examplepool_name_once")]

    def __str__(self) -> str:
        return self.name


class Example(models.Model):
    """A payload with the label that a manager wrote beside it; never changed, by a trigger.

    Triggers refuse an example whose payload is a gold's, and a gold whose payload is an example's: what a model is
    shown can never be what it is tested with.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pool = models.ForeignKey(ExamplePool, on_delete=models.PROTECT, related_name="examples")
    # Repeats the pool's, for the triggers to look in one place.
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    label_index = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "payload_hash"], name="example_once_per_pool")]

    def __str__(self) -> str:
        return f"example {self.pk} of {self.pool_id}"
