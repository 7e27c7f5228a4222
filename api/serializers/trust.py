"""Trust, rules, requirements, gold health, disputes: what comes in and what goes out."""

from __future__ import annotations

import math
from typing import Any

from rest_framework import serializers

from api.serializers.reports import worker_body
from crowd.enums import TrustLevel
from crowd.models import Adjudication, Project, Requirements, Rule, Task
from crowd.policies.known_answers import answer_of
from crowd.policies.trust import TrustRule
from crowd.queries.gold_health import GoldHealth
from crowd.queries.previews import Preview
from crowd.services.eligibility import Asked
from crowd.times import zulu
from quality.skill.gold_audit import LeakTest

MAX_DAYS = 365


class TrustInput(serializers.Serializer[Any]):
    """A level set by hand; ``days``: it ends by itself."""

    level = serializers.ChoiceField(TrustLevel.choices)
    reason = serializers.CharField(max_length=2000)
    days = serializers.IntegerField(min_value=1, max_value=3650, required=False, allow_null=True, default=None)


class TrustPreviewInput(serializers.Serializer[Any]):
    """Figures of a ladder to try on past data; what is left out is as the server has it."""

    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=30)
    good = serializers.FloatField(min_value=0.51, max_value=0.99, required=False)
    alpha = serializers.FloatField(min_value=0.0001, max_value=0.4, required=False)
    beta = serializers.FloatField(min_value=0.0001, max_value=0.4, required=False)
    restrict_alpha = serializers.FloatField(min_value=0.0001, max_value=0.4, required=False)
    bar_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    warn_certainty = serializers.FloatField(min_value=0.5, max_value=0.9999, required=False)
    certainty = serializers.FloatField(min_value=0.5, max_value=0.9999, required=False)

    def rule(self) -> TrustRule:
        """The ladder that the body describes."""
        return TrustRule(**{name: value for name, value in self.validated_data.items() if name != "days"})


class RuleInput(serializers.Serializer[Any]):
    """A rule to keep; ``body`` as `crowd.policies.rule_bodies` reads it."""

    name = serializers.CharField(max_length=50)
    body = serializers.JSONField()


class RulePreviewInput(serializers.Serializer[Any]):
    """A rule to try on past data."""

    body = serializers.JSONField()
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=30)


class RuleNameInput(serializers.Serializer[Any]):
    """Which rule."""

    name = serializers.CharField(max_length=50)


class RequirementsInput(serializers.Serializer[Any]):
    """All that a project asks of its workers: what is left out is asked no more."""

    course = serializers.UUIDField(required=False, allow_null=True, default=None)
    languages = serializers.ListField(child=serializers.CharField(max_length=35), required=False, default=list)
    trust_levels = serializers.ListField(
        child=serializers.ChoiceField(TrustLevel.choices), required=False, default=list
    )
    max_answers = serializers.IntegerField(required=False, allow_null=True, default=None)
    daily_answers = serializers.IntegerField(required=False, allow_null=True, default=None)
    is_open = serializers.BooleanField(required=False, default=False)

    def asked(self) -> Asked:
        """The validated body as the service takes it."""
        body = self.validated_data
        return Asked(
            course=None if body["course"] is None else str(body["course"]),
            languages=tuple(body["languages"]),
            trust_levels=tuple(TrustLevel(level) for level in body["trust_levels"]),
            max_answers=body["max_answers"],
            daily_answers=body["daily_answers"],
            is_open=body["is_open"],
        )


class AdjudicationInput(serializers.Serializer[Any]):
    """An expert's label, with the reason."""

    value = serializers.JSONField()
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


def preview_body(preview: Preview) -> dict[str, Any]:
    """Whom a rule would have hit."""
    return {
        "since": zulu(preview.since),
        "workers": preview.workers,
        "workers_hit": len({hit.worker.pk for hit in preview.hits}),
        "hits": [
            {
                "worker": worker_body(hit.worker),
                "at": zulu(hit.at),
                "outcome": hit.outcome,
                "reason": hit.reason,
                "evidence": hit.evidence,
            }
            for hit in preview.hits
        ],
    }


def rule_body(rule: Rule) -> dict[str, Any]:
    """One version of a rule."""
    return {
        "id": str(rule.uid),
        "name": rule.name,
        "version": rule.version,
        "body": rule.body,
        "is_active": rule.is_active,
        "created_at": zulu(rule.created_at),
    }


def requirements_body(row: Requirements | None) -> dict[str, Any]:
    """What a project asks of its workers."""
    return {
        "course": None if row is None or row.course is None else str(row.course.uid),
        "languages": [] if row is None else row.languages,
        "trust_levels": [] if row is None else row.trust_levels,
        "max_answers": None if row is None else row.max_answers,
        "daily_answers": None if row is None else row.daily_answers,
        "is_open": row is not None and row.is_open,
    }


def health_body(health: GoldHealth) -> dict[str, Any]:
    """The state of the golds."""
    return {
        "stock": health.stock,
        "active": health.active,
        "times_used": {"least": health.least_used, "most": health.most_used},
        "leak": _leak(health.leak),
        "worker_leaks": [
            {"worker": worker_body(leak.worker), "is_suspected": leak.is_suspected, **_leak(leak.test)}
            for leak in health.worker_leaks
        ],
        "suspects": [
            {
                "task_key": gold.task.key,
                "labels": gold.labels,
                "is_active": gold.is_active,
                "answers": found.answers,
                "misses": found.misses,
                "expected_misses": found.expected_misses,
                "probability_bad": found.probability_bad,
                "likelier_label": found.likelier_label,
            }
            for gold, found in health.suspects
        ],
    }


def dispute_body(task: Task, given: list[Any]) -> dict[str, Any]:
    """A disputed task for an expert, with the different values given."""
    return {"id": str(task.uid), "payload": task.payload, "labels_given": given}


def adjudication_body(row: Adjudication, project: Project) -> dict[str, Any]:
    """A decision as it stands."""
    return {
        "id": str(row.uid),
        "label": answer_of(row, project.label_values),
        "reason": row.reason,
        "created_at": zulu(row.created_at),
    }


def _leak(test: LeakTest) -> dict[str, Any]:
    figures = {"difference": test.difference, "low": test.low, "high": test.high, "p_value": test.p_value}
    return {
        "old_golds": {"right": test.old_right, "answers": test.old},
        "new_golds": {"right": test.new_right, "answers": test.new},
        **{name: None if math.isnan(value) else value for name, value in figures.items()},
    }
