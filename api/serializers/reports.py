"""Reports: what goes out about consensus, answers and workers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput
from crowd.enums import TaskState, TrustLevel, VoteState, WorkerKind
from crowd.models import Answer, Consensus, Project, TrustChange, Worker
from crowd.policies.known_answers import answer_of
from crowd.queries.workers import TrustLine
from crowd.times import zulu, zulu_or_none


class ViewInput(serializers.Serializer[Any]):
    """How to look at agreement."""

    min_shared = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    models = serializers.BooleanField(required=False)


class PrecisionInput(serializers.Serializer[Any]):
    """Half the width that an interval is to have."""

    half_width = serializers.FloatField(min_value=0.001, max_value=1, required=False)


class MomentInput(serializers.Serializer[Any]):
    """A moment between two periods."""

    at = serializers.DateTimeField()


def worker_body(worker: Worker) -> dict[str, Any]:
    """Who a worker is, for managers."""
    return {"id": str(worker.uid), "name": worker.name, "kind": worker.kind}


def consensus_body(row: Consensus, project: Project) -> dict[str, Any]:
    """A task's consensus; ``run`` is null while it is the preview between two full fits.

    ``label`` where an answer is one label, ``value`` always; ``interval`` of a number. ``posterior``: over the labels,
    or, for sets, of each label by itself.
    """
    values = project.label_values
    return {
        "task_key": row.task.key,
        "state": row.task.state,
        "label": None if row.label_index is None else values[row.label_index],
        "value": answer_of(row, values),
        "interval": None if row.low is None else {"low": row.low, "high": row.high},
        "confidence": row.confidence,
        "posterior": None if row.posterior is None else dict(zip(values, row.posterior, strict=True)),
        "answers": row.answers,
        "model": None if row.run is None else row.run.model,
        "run": None if row.run is None else str(row.run.uid),
        "updated_at": zulu(row.updated_at),
    }


def answer_body(answer: Answer) -> dict[str, Any]:
    """An answer, for managers."""
    return {
        "id": str(answer.uid),
        "task_key": answer.task.key,
        "worker": worker_body(answer.worker),
        "value": answer.value,
        "is_gold": answer.is_gold,
        "is_correct": answer.is_correct,
        "is_surplus": answer.is_surplus,
        "elapsed_seconds": answer.elapsed_seconds,
        "created_at": zulu(answer.created_at),
    }


def trust_body(line: TrustLine) -> dict[str, Any]:
    """A worker's trust with its evidence; ``skill`` is null before any gold was answered."""
    skill = line.skill
    has_gold = skill is not None and skill.mean is not None
    return {
        "worker": worker_body(line.enrolment.worker),
        "level": line.enrolment.trust_level,
        "vote": line.enrolment.vote_state,
        "answers": line.answers,
        "gold": {
            "right": 0 if skill is None else skill.gold_right,
            "wrong": 0 if skill is None else skill.gold_wrong,
            "log_likelihood_ratio": 0.0 if skill is None else skill.gold_llr,
        },
        "skill": {"mean": skill.mean, "low": skill.low, "high": skill.high} if skill is not None and has_gold else None,
        "ability": (
            {"mean": skill.ability, "low": skill.ability_low, "high": skill.ability_high}
            if skill is not None and skill.ability is not None
            else None
        ),
        "peers": (
            {"agreed": skill.peer_agreed, "differed": skill.peer_differed}
            if skill is not None and skill.peer_agreed is not None
            else None
        ),
        "adjudicated": {
            "right": 0 if skill is None else skill.adjudicated_right,
            "wrong": 0 if skill is None else skill.adjudicated_wrong,
        },
        "confusion": None if skill is None else skill.confusion,
        "changes": [change_body(change) for change in line.changes],
    }


def change_body(change: TrustChange) -> dict[str, Any]:
    """A trust change as it was decided."""
    return {
        "id": str(change.uid),
        "from": change.from_level,
        "to": change.to_level,
        "rule": change.rule,
        "rule_version": change.rule_version,
        "reason": change.reason,
        "evidence": change.evidence,
        "is_warning": change.from_level == change.to_level,
        "expires_at": zulu_or_none(change.expires_at),
        "created_at": zulu(change.created_at),
    }


class WorkerOutput(serializers.Serializer[Any]):
    """A worker: a person or a model."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(WorkerKind.choices)


class ValueIntervalOutput(serializers.Serializer[Any]):
    """An interval, in the unit of the answers."""

    low = serializers.FloatField()
    high = serializers.FloatField()


class ConsensusOutput(serializers.Serializer[Any]):
    """A task's consensus; ``run`` is null while it is the preview between two full fits."""

    task_key = serializers.CharField()
    state = serializers.ChoiceField(TaskState.choices)
    label = serializers.CharField(allow_null=True, help_text="Null where an answer is not one label.")
    value = serializers.JSONField(help_text="The consensus: a label, labels, a number, a text, an order.")
    interval = ValueIntervalOutput(allow_null=True, help_text="95 % interval of a number.")
    confidence = serializers.FloatField()
    posterior = serializers.DictField(
        child=serializers.FloatField(), allow_null=True, help_text="Over the labels; for sets, of each by itself."
    )
    answers = serializers.IntegerField()
    model = serializers.CharField(allow_null=True)
    run = serializers.UUIDField(allow_null=True)
    updated_at = serializers.DateTimeField()


class AnswerOutput(serializers.Serializer[Any]):
    """An answer, for managers."""

    id = serializers.UUIDField()
    task_key = serializers.CharField()
    worker = WorkerOutput()
    value = serializers.JSONField()
    is_gold = serializers.BooleanField()
    is_correct = serializers.BooleanField(allow_null=True)
    is_surplus = serializers.BooleanField()
    elapsed_seconds = serializers.FloatField()
    created_at = serializers.DateTimeField()


class ChangeOutput(serializers.Serializer[Any]):
    """A change of a worker's trust level, with the evidence as it stood."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``from`` is a word of Python's."""
        level = serializers.ChoiceField(TrustLevel.choices)
        return {
            "id": serializers.UUIDField(),
            "from": level,
            "to": serializers.ChoiceField(TrustLevel.choices),
            "rule": serializers.CharField(),
            "rule_version": serializers.IntegerField(),
            "reason": serializers.CharField(),
            "evidence": serializers.DictField(),
            "is_warning": serializers.BooleanField(),
            "expires_at": serializers.DateTimeField(allow_null=True),
            "created_at": serializers.DateTimeField(),
        }


class IntervalOutput(serializers.Serializer[Any]):
    """An estimate with its interval."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class CountsOutput(serializers.Serializer[Any]):
    """Right and wrong."""

    right = serializers.IntegerField()
    wrong = serializers.IntegerField()


class GoldCountsOutput(CountsOutput):
    """Right and wrong, with the sequential test's log-likelihood ratio."""

    log_likelihood_ratio = serializers.FloatField()


class PeersOutput(serializers.Serializer[Any]):
    """Expected counts over finished tasks."""

    agreed = serializers.FloatField()
    differed = serializers.FloatField()


class TrustOutput(serializers.Serializer[Any]):
    """A worker's trust with its evidence; what is not known yet is null."""

    worker = WorkerOutput()
    level = serializers.ChoiceField(TrustLevel.choices)
    vote = serializers.ChoiceField(VoteState.choices)
    answers = serializers.IntegerField()
    gold = GoldCountsOutput()
    skill = IntervalOutput(allow_null=True)
    ability = IntervalOutput(allow_null=True)
    peers = PeersOutput(allow_null=True)
    adjudicated = CountsOutput()
    confusion = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()), allow_null=True)
    changes = ChangeOutput(many=True)


class OwedOutput(serializers.Serializer[Any]):
    """What a worker is owed."""

    worker = WorkerOutput()
    owed = MoneyOutput()
    answers = serializers.IntegerField()


class PayoutsOutput(serializers.Serializer[Any]):
    """What a project owes."""

    results = OwedOutput(many=True)
    total = MoneyOutput()
    ledger_balances = serializers.BooleanField()


class AgreementOutput(serializers.Serializer[Any]):
    """The figures of the newest full fit, by group of raters."""

    data_as_of = serializers.DateTimeField(allow_null=True)
    groups = serializers.DictField()


class AgreementRowsOutput(serializers.Serializer[Any]):
    """The rows of a view of agreement."""

    data_as_of = serializers.DateTimeField()
    results = serializers.ListField(child=serializers.DictField())


class AdaptiveOutput(serializers.Serializer[Any]):
    """What stopping early saves; figures are null, with a reason, while there are too few."""

    data_as_of = serializers.DateTimeField()
    audit_share = serializers.FloatField()
    audited_tasks = serializers.IntegerField()
    audited_and_finished = serializers.DictField()
    other_tasks_finished = serializers.IntegerField()
    answers_per_other_task = serializers.FloatField(allow_null=True)
