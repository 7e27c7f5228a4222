"""Reports: what goes out about consensus, answers and workers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crowd.models import Answer, Consensus, Project, TrustChange, Worker
from crowd.queries.workers import TrustLine


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
    """A task's consensus; ``run`` is null while it is the preview between two full fits."""
    values = project.label_values
    return {
        "task_key": row.task.key,
        "state": row.task.state,
        "label": values[row.label_index],
        "confidence": row.confidence,
        "posterior": dict(zip(values, row.posterior, strict=True)),
        "answers": row.answers,
        "model": None if row.run is None else row.run.model,
        "run": None if row.run is None else str(row.run.uid),
        "updated_at": row.updated_at.isoformat(),
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
        "created_at": answer.created_at.isoformat(),
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
        "expires_at": None if change.expires_at is None else change.expires_at.isoformat(),
        "created_at": change.created_at.isoformat(),
    }
