"""Models: what goes out about their gate, what comes in to change it."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import Any

from rest_framework import serializers

from api.serializers.reports import worker_body
from crowd.enums import ModelTestKind, PoolingRule, SuggestionPolicy, VoteState
from crowd.models import GateTerms, ModelStanding, ModelTest, VoteChange
from crowd.queries.anchoring import AnchoringReport
from crowd.queries.models_report import ModelLine, ModelsReport
from crowd.queries.next_raters import NextStep
from crowd.times import zulu, zulu_or_none


class PromoteInput(serializers.Serializer[Any]):
    """Why a proposed promotion is confirmed."""

    reason = serializers.CharField(max_length=500)


class DemoteInput(serializers.Serializer[Any]):
    """How far down a model goes, and why; ``voids_decisions``: what it decided alone goes to people."""

    state = serializers.ChoiceField([VoteState.SHADOW, VoteState.COUNTED], default=VoteState.SHADOW)
    reason = serializers.CharField(max_length=500)
    voids_decisions = serializers.BooleanField(required=False, default=True)


class SampleInput(serializers.Serializer[Any]):
    """How many tasks to draw for people."""

    tasks = serializers.IntegerField(min_value=1)


class TermsInput(serializers.Serializer[Any]):
    """How the project treats its models; what is left out stays."""

    pooling = serializers.ChoiceField(PoolingRule.choices, required=False)
    is_promotion_automatic = serializers.BooleanField(required=False)
    epsilon = serializers.FloatField(min_value=0, max_value=0.5, required=False)
    error_rate = serializers.FloatField(min_value=0.001, max_value=0.5, required=False)
    delta = serializers.FloatField(min_value=0.001, max_value=0.5, required=False)
    audit_share = serializers.FloatField(min_value=0.01, max_value=1, required=False)
    suggestions = serializers.ChoiceField(SuggestionPolicy.choices, required=False)
    suggester = serializers.UUIDField(required=False)
    holdout_share = serializers.FloatField(min_value=0.05, max_value=0.95, required=False)
    adjudication_micros = serializers.IntegerField(min_value=1, required=False, allow_null=True)


class TermsOutput(serializers.Serializer[Any]):
    """How the project treats its models."""

    pooling = serializers.ChoiceField(PoolingRule.choices)
    is_promotion_automatic = serializers.BooleanField()
    epsilon = serializers.FloatField()
    error_rate = serializers.FloatField()
    delta = serializers.FloatField()
    audit_share = serializers.FloatField()
    suggestions = serializers.ChoiceField(SuggestionPolicy.choices)
    suggester = serializers.UUIDField(allow_null=True)
    holdout_share = serializers.FloatField()
    adjudication_micros = serializers.IntegerField(allow_null=True)


class ModelTestOutput(serializers.Serializer[Any]):
    """One test of a model; ``passes`` is null where it cannot say."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ModelTestKind.choices)
    test = serializers.CharField()
    version = serializers.IntegerField()
    passes = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField()
    figures = serializers.DictField()
    tasks = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class VoteChangeOutput(serializers.Serializer[Any]):
    """A model's move between states; ``test`` is what it rests on, ``by`` null for the job."""

    id = serializers.UUIDField()
    from_state = serializers.ChoiceField(VoteState.choices)
    to_state = serializers.ChoiceField(VoteState.choices)
    reason = serializers.CharField()
    test = serializers.UUIDField(allow_null=True)
    by = serializers.CharField(allow_null=True)
    evidence = serializers.DictField()
    created_at = serializers.DateTimeField()


class ModelOutput(serializers.Serializer[Any]):
    """A model; its figures are null before the first review."""

    worker = serializers.DictField()
    state = serializers.ChoiceField(VoteState.choices)
    proposed_state = serializers.CharField(allow_null=True)
    may_stand_in = serializers.BooleanField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    figures = serializers.DictField(allow_null=True)
    calibration = serializers.DictField(allow_null=True)
    tests = ModelTestOutput(many=True)
    changes = VoteChangeOutput(many=True)


class ModelsOutput(serializers.Serializer[Any]):
    """The models of a project, and how many independent votes those that count are worth."""

    data_as_of = serializers.DateTimeField(allow_null=True)
    effective_votes = serializers.FloatField(allow_null=True)
    terms = TermsOutput()
    results = ModelOutput(many=True)


class FigureOutput(serializers.Serializer[Any]):
    """One part of a model's newest review."""

    worker = serializers.DictField()
    data_as_of = serializers.DateTimeField(allow_null=True)
    found = serializers.DictField(allow_null=True)


class SampleOutput(serializers.Serializer[Any]):
    """The sample that was drawn."""

    tasks = serializers.IntegerField()
    inclusion_probability = serializers.FloatField()


class LimitInput(serializers.Serializer[Any]):
    """How many tasks to look at."""

    limit = serializers.IntegerField(min_value=1, max_value=200, required=False, default=50)


class NextRaterOutput(serializers.Serializer[Any]):
    """A task in doubt with whom to ask: ``person``, ``model``, ``adjudicator``, or ``stop``."""

    task_key = serializers.CharField()
    confidence = serializers.FloatField()
    ask = serializers.ChoiceField(["person", "model", "adjudicator", "stop"])
    model = serializers.DictField(allow_null=True)
    answers = serializers.IntegerField()
    expected_gain = serializers.FloatField()
    net_micros = serializers.FloatField()
    gain_per_unit_spent = serializers.FloatField(allow_null=True, help_text="Null where it costs nothing, or stops.")


class NextRatersOutput(serializers.Serializer[Any]):
    """The tasks in most doubt; ``results`` is null, with a reason, where no prices are set."""

    reason = serializers.CharField(allow_null=True)
    results = NextRaterOutput(many=True, allow_null=True)


class AnchoringOutput(serializers.Serializer[Any]):
    """What suggestions do to people."""

    overall = serializers.DictField()
    by_label = serializers.DictField()


def terms_body(terms: GateTerms) -> dict[str, Any]:
    """A project's terms."""
    names = ("pooling", "is_promotion_automatic", "epsilon", "error_rate", "delta", "audit_share", "suggestions")
    body: dict[str, Any] = {name: getattr(terms, name) for name in names}
    return body | {
        "suggester": None if terms.suggester is None else str(terms.suggester.uid),
        "holdout_share": terms.holdout_share,
        "adjudication_micros": terms.adjudication_micros,
    }


def models_body(report: ModelsReport, terms: GateTerms) -> dict[str, Any]:
    """The models of a project."""
    return {
        "data_as_of": zulu_or_none(report.reviewed_at),
        "effective_votes": report.effective_votes,
        "terms": terms_body(terms),
        "results": [model_body(line) for line in report.lines],
    }


def model_body(line: ModelLine) -> dict[str, Any]:
    """One model."""
    standing = line.standing
    return {
        "worker": worker_body(line.enrolment.worker),
        "state": line.enrolment.vote_state,
        "proposed_state": None if standing is None or not standing.proposed else standing.proposed,
        "may_stand_in": None if standing is None or standing.test is None else standing.test.passes,
        "group": None if standing is None else standing.group,
        "reviewed_at": None if standing is None else zulu(standing.updated_at),
        "threshold": None if standing is None else standing.threshold,
        "figures": None if standing is None else standing.figures,
        "calibration": None if standing is None else _calibration(standing),
        "tests": [test_body(test) for test in line.tests],
        "changes": [vote_change_body(change) for change in line.changes],
    }


def test_body(test: ModelTest) -> dict[str, Any]:
    """One test."""
    names = ("kind", "test", "version", "passes", "reason", "figures", "tasks")
    body: dict[str, Any] = {name: getattr(test, name) for name in names}
    return {"id": str(test.uid)} | body | {"created_at": zulu(test.created_at)}


def vote_change_body(change: VoteChange) -> dict[str, Any]:
    """One change of state."""
    return {
        "id": str(change.uid),
        "from_state": change.from_state,
        "to_state": change.to_state,
        "reason": change.reason,
        "test": None if change.test is None else str(change.test.uid),
        "by": None if change.actor is None else change.actor.name or change.actor.email,
        "evidence": change.evidence,
        "created_at": zulu(change.created_at),
    }


def figure_body(line: ModelLine, name: str) -> dict[str, Any]:
    """One part of a model's review."""
    standing = line.standing
    return {
        "worker": worker_body(line.enrolment.worker),
        "data_as_of": None if standing is None else zulu(standing.updated_at),
        "found": None if standing is None else standing.figures.get(name),
    }


def next_raters_body(steps: list[NextStep] | None) -> dict[str, Any]:
    """Whom to ask next."""
    if steps is None:
        return {"reason": "the project has no price, or does not say what a label is worth", "results": None}
    return {
        "reason": None,
        "results": [
            {
                "task_key": step.task.key,
                "confidence": step.confidence,
                "ask": "model" if step.model is not None else step.choice.name or "stop",
                "model": None if step.model is None else worker_body(step.model),
                "answers": step.choice.answers,
                "expected_gain": step.choice.gain,
                "net_micros": step.choice.net,
                # Prices are in micro-units.
                "gain_per_unit_spent": (
                    step.choice.gain_per_price * 1_000_000
                    if step.choice.name is not None and isfinite(step.choice.gain_per_price)
                    else None
                ),
            }
            for step in steps
        ],
    }


def anchoring_body(report: AnchoringReport) -> dict[str, Any]:
    """The anchoring audit."""
    return {
        "overall": asdict(report.overall),
        "by_label": {value: asdict(found) for value, found in report.by_label.items()},
    }


def _calibration(standing: ModelStanding) -> dict[str, Any]:
    return {"temperature": standing.temperature, "bias": standing.bias, "golds": standing.calibration_golds}
