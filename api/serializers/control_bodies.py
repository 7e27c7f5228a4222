"""What goes out about tasks, golds, people and keys."""

from __future__ import annotations

from typing import Any

from api.serializers.reports import answer_body, consensus_body, worker_body
from crowd.models import (
    Adjudication,
    ApiKey,
    Assignment,
    Enrolment,
    Event,
    Gold,
    Membership,
    Project,
    Qualification,
    Task,
)
from crowd.policies.routing import asked_priority
from crowd.queries.listings import TaskHistory
from crowd.times import zulu, zulu_or_none


def task_body(task: Task) -> dict[str, Any]:
    """A task, for managers."""
    return {
        "id": str(task.uid),
        "key": task.key,
        "state": task.state,
        "payload": task.payload,
        "priority": asked_priority(task.priority),
        "places": task.overlap,
        "open_places": task.open_slots,
        "created_at": zulu(task.created_at),
    }


def history_body(history: TaskHistory, project: Project) -> dict[str, Any]:
    """A task with its history."""
    decision = history.adjudication
    return {
        **task_body(history.task),
        "consensus": None if history.consensus is None else consensus_body(history.consensus, project),
        "decision": None if decision is None else decision_body(decision, project),
        "assignments": [lent_body(row, history.task) for row in history.assignments],
        "answers": [answer_body(row) for row in history.answers],
        "events": [event_body(row) for row in history.events],
    }


def lent_body(row: Assignment, task: Task) -> dict[str, Any]:
    """A lease, for managers."""
    return {
        "id": str(row.uid),
        "task_key": task.key,
        "worker": worker_body(row.worker),
        "state": row.state,
        "claimed_at": zulu(row.claimed_at),
        "deadline": zulu(row.deadline),
        "ended_at": zulu_or_none(row.ended_at),
    }


def decision_body(row: Adjudication, project: Project) -> dict[str, Any]:
    """A label set for good."""
    return {
        "id": str(row.uid),
        "task_key": row.task.key,
        "label": project.label_values[row.label_index],
        "reason": row.reason,
        "decided_by": str(row.adjudicator),
        "created_at": zulu(row.created_at),
    }


def event_body(row: Event) -> dict[str, Any]:
    """Something that happened."""
    return {
        "id": str(row.uid),
        "kind": row.kind,
        "subject": None if row.subject is None else str(row.subject),
        "actor": None if row.actor is None else str(row.actor),
        "worker": None if row.worker is None else worker_body(row.worker),
        "detail": row.detail,
        "created_at": zulu(row.created_at),
    }


def gold_body(gold: Gold) -> dict[str, Any]:
    """A gold, for managers."""
    return {
        "id": str(gold.task.uid),
        "key": gold.task.key,
        "payload": gold.task.payload,
        "labels": gold.labels,
        "reason": gold.reason,
        "is_active": gold.is_active,
        "times_used": gold.times_used,
    }


def enrolment_body(row: Enrolment) -> dict[str, Any]:
    """A worker on a project."""
    return {
        "worker": worker_body(row.worker),
        "level": row.trust_level,
        "vote": row.vote_state,
        "claims": row.claims,
        "enrolled_at": zulu(row.created_at),
    }


def qualification_body(row: Qualification) -> dict[str, Any]:
    """A qualification, for managers."""
    return {
        "course": str(row.course.uid),
        "granted_at": zulu(row.granted_at),
        "expires_at": zulu_or_none(row.expires_at),
        "revoked_at": zulu_or_none(row.revoked_at),
    }


def member_body(row: Membership) -> dict[str, Any]:
    """Somebody with a role."""
    return {
        "id": str(row.user.uid),
        "email": row.user.email,
        "name": row.user.name,
        "role": row.role,
        "since": zulu(row.created_at),
    }


def key_body(row: ApiKey) -> dict[str, Any]:
    """A key without its text."""
    return {
        "id": str(row.uid),
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "created_at": zulu(row.created_at),
        "expires_at": zulu_or_none(row.expires_at),
        "revoked_at": zulu_or_none(row.revoked_at),
        "last_used_at": zulu_or_none(row.last_used_at),
    }
