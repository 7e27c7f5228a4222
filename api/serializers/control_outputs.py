"""The shapes of what goes out about tasks, golds, people and keys."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.control import MEMBER_ROLES, REAL_STATES
from api.serializers.reports import AnswerOutput, ConsensusOutput, WorkerOutput
from crowd.enums import AssignmentState, KeyScope, TrustLevel, VoteState


class TaskOutput(serializers.Serializer[Any]):
    """A task; ``places``: how many answers it may hold, ``open_places``: how many of them nobody holds."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    state = serializers.ChoiceField(REAL_STATES)
    payload = serializers.DictField()
    priority = serializers.IntegerField()
    places = serializers.IntegerField()
    open_places = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class LentOutput(serializers.Serializer[Any]):
    """A task lent to a worker."""

    id = serializers.UUIDField()
    task_key = serializers.CharField()
    worker = WorkerOutput()
    state = serializers.ChoiceField(AssignmentState.choices)
    claimed_at = serializers.DateTimeField()
    deadline = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class DecisionOutput(serializers.Serializer[Any]):
    """A label that somebody has set for good."""

    id = serializers.UUIDField()
    task_key = serializers.CharField()
    label = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    decided_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class EventOutput(serializers.Serializer[Any]):
    """Something that happened; ``subject`` is the id of what it is about."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    subject = serializers.UUIDField(allow_null=True)
    actor = serializers.CharField(allow_null=True)
    worker = WorkerOutput(allow_null=True)
    detail = serializers.DictField()
    created_at = serializers.DateTimeField()


class TaskHistoryOutput(TaskOutput):
    """A task with all that is known of it, oldest first."""

    consensus = ConsensusOutput(allow_null=True)
    decision = DecisionOutput(allow_null=True)
    assignments = LentOutput(many=True)
    answers = AnswerOutput(many=True)
    events = EventOutput(many=True)


class GoldOutput(serializers.Serializer[Any]):
    """A gold task with its right labels."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    payload = serializers.DictField()
    labels = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField(allow_blank=True)
    is_active = serializers.BooleanField()
    times_used = serializers.IntegerField()


class EnrolmentOutput(serializers.Serializer[Any]):
    """A worker on a project."""

    worker = WorkerOutput()
    level = serializers.ChoiceField(TrustLevel.choices)
    vote = serializers.ChoiceField(VoteState.choices)
    claims = serializers.IntegerField()
    enrolled_at = serializers.DateTimeField()


class QualificationOutput(serializers.Serializer[Any]):
    """What a worker may do by a course passed, or by hand."""

    course = serializers.UUIDField()
    granted_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class MemberOutput(serializers.Serializer[Any]):
    """Somebody with a role on a project."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(MEMBER_ROLES)
    since = serializers.DateTimeField()


class KeyOutput(serializers.Serializer[Any]):
    """A key without its text; ``last_used_at`` is right to ten minutes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(KeyScope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewKeyOutput(KeyOutput):
    """A key with its text, which is shown this once: null in a repeated call."""

    key = serializers.CharField(allow_null=True)
