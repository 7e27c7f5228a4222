"""Words what happened to tasks and workers as notices for a project's webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from crowd.enums import EventKind, TrustLevel, WebhookKind
from crowd.models import (
    Batch,
    BatchLine,
    Consensus,
    Export,
    ModelDecision,
    Project,
    Task,
    TrustChange,
    Worker,
)
from crowd.policies.known_answers import answer_of
from crowd.services.webhooks import Notice, announce, announce_all
from crowd.times import zulu_or_none

TASK_KINDS = {
    EventKind.TASK_COMPLETED: WebhookKind.TASK_COMPLETED,
    EventKind.TASK_DISPUTED: WebhookKind.DISPUTE_OPENED,
    EventKind.OVERLAP_EXTENDED: WebhookKind.OVERLAP_EXTENDED,
    EventKind.TASK_REOPENED: WebhookKind.TASK_REOPENED,
}
LEVEL_KINDS = {
    TrustLevel.RESTRICTED: WebhookKind.WORKER_RESTRICTED,
    TrustLevel.SUSPENDED: WebhookKind.WORKER_SUSPENDED,
}
# Tasks in one message: receivers expect small ones.
CHANGES_PER_MESSAGE = 100


@dataclass(frozen=True)
class LabelChange:
    """The consensus of a completed task is another label or value than before."""

    task_id: int
    before: Any
    after: Any
    confidence: float


def task_notice(
    *, kind: EventKind, task: Task, consensus: Consensus | None, answers: int, project: Project, reason: str
) -> Notice:
    """What happened to a task. A dispute is told without the leading label: an expert decides it blind.

    Without a consensus, as of texts, there is neither confidence nor label to tell.
    """
    data: dict[str, Any] = {
        "task": str(task.uid),
        "key": task.key,
        "answers": answers,
        "confidence": None if consensus is None else consensus.confidence,
        "reason": reason,
    }
    if kind == EventKind.TASK_COMPLETED and consensus is not None:
        data["label"] = answer_of(consensus, project.label_values)
    return Notice(TASK_KINDS[kind], data)


def announce_reopened(*, tasks: Sequence[Task], project: Project, reason: str, at: datetime) -> None:
    """Completed tasks ask for answers again."""
    notices = [
        Notice(WebhookKind.TASK_REOPENED, {"task": str(task.uid), "key": task.key, "reason": reason}) for task in tasks
    ]
    announce_all(project=project, notices=notices, at=at)


def announce_extended(*, task: Task, project: Project, reason: str, at: datetime) -> None:
    """A manager asked for more answers of an open task."""
    found = Consensus.objects.filter(task=task).values("answers", "confidence").first()
    data = {"task": str(task.uid), "key": task.key, **(found or {"answers": 0, "confidence": None}), "reason": reason}
    announce(kind=WebhookKind.OVERLAP_EXTENDED, project=project, data=data, at=at)


def announce_decided_by_model(
    *, decisions: Sequence[ModelDecision], tasks: Mapping[int, Task], project: Project, reason: str, at: datetime
) -> None:
    """Tasks that a certified model ended before any person answered them."""
    notices = [
        Notice(
            WebhookKind.TASK_COMPLETED,
            {
                "task": str(tasks[decision.task_id].uid),
                "key": tasks[decision.task_id].key,
                "answers": 0,
                "confidence": decision.confidence,
                "reason": reason,
                "label": project.label_values[decision.label_index],
            },
        )
        for decision in decisions
    ]
    announce_all(project=project, notices=notices, at=at)


def announce_payout(*, batch: Batch, project: Project, at: datetime) -> None:
    """A second person approved a batch of payments; whom it pays is not told."""
    found = BatchLine.objects.filter(batch=batch).aggregate(lines=Count("id"), micros=Sum("amount_micros"))
    amount = Decimal(found["micros"] or 0).scaleb(-6)
    data = {
        "batch": str(batch.uid),
        "format": batch.format,
        "lines": found["lines"],
        "amount": f"{amount:.6f}",
        "currency": batch.currency,
    }
    announce(kind=WebhookKind.PAYOUT_APPROVED, project=project, data=data, at=at)


def announce_export(*, job: Export, project: Project, rows: int, size_bytes: int, at: datetime) -> None:
    """The file of an export can be fetched."""
    data = {
        "export": str(job.uid),
        "kind": job.kind,
        "format": job.file_format,
        "rows": rows,
        "size_bytes": size_bytes,
    }
    announce(kind=WebhookKind.EXPORT_READY, project=project, data=data, at=at)


def announce_label_changes(*, changes: Sequence[LabelChange], project: Project, at: datetime) -> None:
    """Completed tasks whose label is another now, many in a message."""
    if not changes:
        return
    tasks = Task.objects.only("uid", "key").in_bulk([change.task_id for change in changes])
    rows = [
        {
            "task": str(tasks[change.task_id].uid),
            "key": tasks[change.task_id].key,
            "from": change.before,
            "to": change.after,
            "confidence": change.confidence,
        }
        for change in changes
    ]
    starts = range(0, len(rows), CHANGES_PER_MESSAGE)
    notices = [
        Notice(WebhookKind.CONSENSUS_CHANGED, {"changes": rows[start : start + CHANGES_PER_MESSAGE]})
        for start in starts
    ]
    announce_all(project=project, notices=notices, at=at)


def announce_gold_failed(*, worker: Worker, project: Project, right: int, wrong: int, at: datetime) -> None:
    """A worker missed a gold; which one is not told."""
    data = {"worker": str(worker.uid), "golds_right": right, "golds_wrong": wrong}
    announce(kind=WebhookKind.GOLD_FAILED, project=project, data=data, at=at)


def announce_trust(*, change: TrustChange, worker: Worker, project: Project, at: datetime) -> None:
    """A worker was warned, restricted or suspended; the reason stays here, where it may name people."""
    is_warning = change.from_level == change.to_level
    kind = WebhookKind.WORKER_WARNED if is_warning else LEVEL_KINDS.get(TrustLevel(change.to_level))
    if kind is None:
        return
    data = {
        "worker": str(worker.uid),
        "change": str(change.uid),
        "from": change.from_level,
        "to": change.to_level,
        "rule": change.rule,
        "rule_version": change.rule_version,
        "expires_at": zulu_or_none(change.expires_at),
    }
    announce(kind=kind, project=project, data=data, at=at)
