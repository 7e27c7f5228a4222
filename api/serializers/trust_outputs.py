"""The shapes of what goes out about trust, rules, requirements, gold health, disputes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.reports import WorkerOutput
from crowd.enums import TrustLevel


class HitOutput(serializers.Serializer[Any]):
    """A worker whom a rule would have hit."""

    worker = WorkerOutput()
    at = serializers.DateTimeField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    evidence = serializers.DictField()


class PreviewOutput(serializers.Serializer[Any]):
    """Whom a rule would have hit."""

    since = serializers.DateTimeField()
    workers = serializers.IntegerField()
    workers_hit = serializers.IntegerField()
    hits = HitOutput(many=True)


class RuleOutput(serializers.Serializer[Any]):
    """One version of a rule."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    body = serializers.DictField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class RequirementsOutput(serializers.Serializer[Any]):
    """What a project asks of its workers."""

    course = serializers.UUIDField(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField())
    trust_levels = serializers.ListField(child=serializers.ChoiceField(TrustLevel.choices))
    max_answers = serializers.IntegerField(allow_null=True)
    daily_answers = serializers.IntegerField(allow_null=True)
    is_open = serializers.BooleanField(help_text="Whether people with an account may enrol themselves.")


class UseOutput(serializers.Serializer[Any]):
    """How often golds were used."""

    least = serializers.IntegerField(allow_null=True)
    most = serializers.IntegerField(allow_null=True)


class RightOfOutput(serializers.Serializer[Any]):
    """Right among answers."""

    right = serializers.IntegerField()
    answers = serializers.IntegerField()


class LeakOutput(serializers.Serializer[Any]):
    """Old golds against new ones; a figure is null where it cannot be said."""

    old_golds = RightOfOutput()
    new_golds = RightOfOutput()
    difference = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    p_value = serializers.FloatField(allow_null=True)


class WorkerLeakOutput(LeakOutput):
    """The same for one worker."""

    worker = WorkerOutput()
    is_suspected = serializers.BooleanField()


class SuspectOutput(serializers.Serializer[Any]):
    """A gold that good workers disagree with."""

    task_key = serializers.CharField()
    labels = serializers.ListField(child=serializers.JSONField())
    is_active = serializers.BooleanField()
    answers = serializers.IntegerField()
    misses = serializers.IntegerField()
    expected_misses = serializers.FloatField()
    probability_bad = serializers.FloatField()
    likelier_label = serializers.CharField(allow_null=True)


class GoldHealthOutput(serializers.Serializer[Any]):
    """The state of the golds."""

    stock = serializers.DictField(child=serializers.IntegerField(), help_text="Golds in use, by right label.")
    active = serializers.IntegerField()
    times_used = UseOutput()
    leak = LeakOutput()
    worker_leaks = WorkerLeakOutput(many=True)
    suspects = SuspectOutput(many=True)


class DisputeOutput(serializers.Serializer[Any]):
    """A disputed task, blind to who gave which label and how often."""

    id = serializers.UUIDField()
    payload = serializers.DictField()
    labels_given = serializers.ListField(child=serializers.JSONField())


class AdjudicationOutput(serializers.Serializer[Any]):
    """An expert's decision."""

    id = serializers.UUIDField()
    label = serializers.JSONField(help_text="The answer: a label, labels, a number, a text, an order.")
    reason = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
