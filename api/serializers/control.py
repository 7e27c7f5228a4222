"""Steering a project by the API: filters of lists, and changes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.pagination import BY_ID, PageInput
from crowd.enums import (
    EventKind,
    KeyScope,
    ProjectState,
    Role,
    TaskState,
    TrustLevel,
    VoteState,
    WorkerKind,
)

REAL_STATES = [choice for choice in TaskState.choices if choice[0] != TaskState.GOLD]
MEMBER_ROLES = [choice for choice in Role.choices if choice[0] != Role.WORKER]


class OrderedInput(PageInput):
    """Which page, in the order of creation or backwards."""

    ordering = serializers.ChoiceField(list(BY_ID), required=False, default="created")


class ProjectsQuery(PageInput):
    """Which projects, the newest first unless ``ordering`` says otherwise."""

    ordering = serializers.ChoiceField(list(BY_ID), required=False, default="-created")
    state = serializers.ChoiceField(ProjectState.choices, required=False)
    name = serializers.CharField(required=False, max_length=200, help_text="Part of the name.")


class TasksQuery(OrderedInput):
    """Which tasks; golds are listed apart."""

    ordering = serializers.ChoiceField([*BY_ID, "key", "-key"], required=False, default="created")
    state = serializers.ChoiceField(REAL_STATES, required=False)
    key = serializers.CharField(required=False, max_length=200)
    priority = serializers.IntegerField(required=False, min_value=-1000, max_value=1000)
    has_dispute = serializers.BooleanField(required=False)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)


class GoldsQuery(OrderedInput):
    """Which golds."""

    is_active = serializers.BooleanField(required=False)
    key = serializers.CharField(required=False, max_length=200)


class WorkersQuery(OrderedInput):
    """Which workers."""

    level = serializers.ChoiceField(TrustLevel.choices, required=False)
    kind = serializers.ChoiceField(WorkerKind.choices, required=False)
    vote = serializers.ChoiceField(VoteState.choices, required=False)


class AnswersQuery(OrderedInput):
    """Which answers."""

    task_key = serializers.CharField(required=False, max_length=200)
    worker = serializers.UUIDField(required=False)
    is_gold = serializers.BooleanField(required=False)
    is_surplus = serializers.BooleanField(required=False)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)


class ConsensusQuery(PageInput):
    """Which tasks' consensus; ``confidence``: the least sure first."""

    ordering = serializers.ChoiceField([*BY_ID, "confidence", "-confidence"], required=False, default="created")
    state = serializers.ChoiceField(REAL_STATES, required=False)
    task_key = serializers.CharField(required=False, max_length=200)
    confidence_below = serializers.FloatField(required=False, min_value=0, max_value=1.1)


class EventsQuery(PageInput):
    """Which events, the newest first unless ``ordering`` says otherwise."""

    ordering = serializers.ChoiceField(list(BY_ID), required=False, default="-created")
    kind = serializers.ChoiceField(EventKind.choices, required=False)
    worker = serializers.UUIDField(required=False)
    subject = serializers.UUIDField(required=False)
    after = serializers.DateTimeField(required=False)
    before = serializers.DateTimeField(required=False)


class PriorityInput(serializers.Serializer[Any]):
    """How early a task is served: higher is earlier."""

    priority = serializers.IntegerField(min_value=-1000, max_value=1000)


class ReasonInput(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class BlockInput(serializers.Serializer[Any]):
    """Why a worker is blocked, which the worker is shown; ``days``: it ends by itself."""

    reason = serializers.CharField(max_length=2000)
    days = serializers.IntegerField(min_value=1, max_value=3650, required=False, allow_null=True, default=None)


class UnblockInput(serializers.Serializer[Any]):
    """Why a worker may work again."""

    reason = serializers.CharField(max_length=2000)


class ExtendInput(serializers.Serializer[Any]):
    """How many more answers."""

    answers = serializers.IntegerField(min_value=1, max_value=100)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class OverrideInput(serializers.Serializer[Any]):
    """The label that the task has from now on, with the reason."""

    value = serializers.JSONField()
    reason = serializers.CharField(max_length=2000)


class CorrectionInput(serializers.Serializer[Any]):
    """All right labels of a gold, with the reason, which workers are told."""

    labels = serializers.ListField(child=serializers.JSONField(), max_length=100)
    reason = serializers.CharField(max_length=10_000)


class GrantInput(serializers.Serializer[Any]):
    """Which course a worker passes for one who has passed; ``days``: for so long."""

    course = serializers.UUIDField()
    days = serializers.IntegerField(min_value=1, max_value=3650, required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class WithdrawInput(serializers.Serializer[Any]):
    """Which course's qualification ends."""

    course = serializers.UUIDField()
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class MemberInput(serializers.Serializer[Any]):
    """Whose account gets which role."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(MEMBER_ROLES)


class RoleInput(serializers.Serializer[Any]):
    """Which role."""

    role = serializers.ChoiceField(MEMBER_ROLES)


class KeyInput(serializers.Serializer[Any]):
    """A key to make; it reaches no further than what makes it."""

    name = serializers.CharField(max_length=120)
    scopes = serializers.ListField(child=serializers.ChoiceField(KeyScope.choices), max_length=20)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class RotateKeyInput(serializers.Serializer[Any]):
    """For how long the old key works as well; 0 ends it now."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=720, required=False, default=24)
