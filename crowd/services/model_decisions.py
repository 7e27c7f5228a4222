"""Ends tasks that a certified model decides alone, draws audits of them, opens them again when the right is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from crowd.enums import EventKind, ModelTestKind, TaskState, VoteState
from crowd.models import (
    Answer,
    Consensus,
    Enrolment,
    Event,
    GateTerms,
    ModelDecision,
    ModelStanding,
    ModelTest,
    Project,
    Task,
    VoteChange,
)
from crowd.policies.gate import may_decide
from crowd.queries.model_evidence import flagged_tasks, models_on
from crowd.queries.model_votes import calibration_of, normalised, probabilities_of
from crowd.services.announcements import announce_decided_by_model, announce_reopened

BATCH = 500


def decide_by_models(*, project: Project, terms: GateTerms, rng: random.Random | None = None) -> int:
    """Let each deciding model end the untouched tasks that it is sure enough of; returns how many it did.

    A share is drawn to be answered by people all the same, and stays open; no page shows which.
    """
    lot = rng or random.SystemRandom()
    flagged = flagged_tasks(project)
    decided = 0
    for enrolment in models_on(project):
        if enrolment.vote_state != VoteState.DECIDES:
            continue
        standing = ModelStanding.objects.filter(project=project, worker=enrolment.worker).first()
        test = (
            ModelTest.objects.filter(project=project, worker=enrolment.worker, kind=ModelTestKind.ROUTING, passes=True)
            .order_by("-id")
            .first()
        )
        if standing is None or standing.threshold is None or test is None:
            continue
        calibration = calibration_of(standing, len(project.labels))
        soft = probabilities_of(project, [enrolment.worker_id]).get(enrolment.worker_id, {})
        stands = ModelDecision.objects.filter(task=OuterRef("task"), withdrawn_at__isnull=True).values("id")[:1]
        votes = (
            Answer.objects.filter(project=project, worker=enrolment.worker, is_gold=False, label_index__isnull=False)
            .filter(task__state=TaskState.OPEN, task__open_slots=F("task__overlap"), task__open_slots__gt=0)
            .annotate(decision=Subquery(stands))
            .filter(decision__isnull=True)
            .order_by("task_id")
            .values_list("task_id", "label_index")
        )
        sure: list[tuple[int, int, float]] = []
        for task_id, label in votes:
            assert label is not None
            shares = calibration.apply([normalised(soft[task_id])])[0] if task_id in soft else None
            confidence = 1.0 if shares is None else float(shares[label])
            if may_decide(
                confidence=confidence,
                threshold=standing.threshold,
                is_flagged=task_id in flagged,
                people=0,
                agrees=True,
            ):
                sure.append((task_id, label, confidence))
        for start in range(0, len(sure), BATCH):
            decided += _decide(enrolment, sure[start : start + BATCH], test, terms.audit_share, lot)
    return decided


def _decide(
    enrolment: Enrolment,
    votes: Sequence[tuple[int, int, float]],
    test: ModelTest,
    audit_share: float,
    lot: random.Random,
) -> int:
    project = enrolment.project
    said = {task_id: (label, confidence) for task_id, label, confidence in votes}
    with transaction.atomic():
        now = timezone.now()
        # Nobody may have begun it since: under the lock the places tell.
        tasks = (
            Task.objects.select_for_update(no_key=True)
            .filter(pk__in=said, state=TaskState.OPEN, open_slots=F("overlap"))
            .order_by("pk")
        )
        found = dict(Consensus.objects.filter(task_id__in=said).values_list("task_id", "label_index"))
        rows = []
        for task in tasks:
            label, confidence = said[task.pk]
            if found.get(task.pk, label) != label:
                continue  # what all votes that count say is another thing: people decide
            rows.append(
                ModelDecision(
                    project=project,
                    task=task,
                    worker=enrolment.worker,
                    test=test,
                    label_index=label,
                    confidence=confidence,
                    is_audited=lot.random() < audit_share,
                    audit_probability=audit_share,
                    created_at=now,
                )
            )
        ModelDecision.objects.bulk_create(rows)
        ended = [row for row in rows if not row.is_audited]
        Task.objects.filter(pk__in=[row.task_id for row in ended]).update(
            state=TaskState.COMPLETE, overlap=F("overlap") - F("open_slots"), open_slots=0, is_open=False
        )
        reason = "a certified model decided"
        _record(project, ended, EventKind.TASK_COMPLETED, reason, now)
        found_tasks = {task.pk: task for task in tasks}
        announce_decided_by_model(decisions=ended, tasks=found_tasks, project=project, reason=reason, at=now)
    return len(rows)


def withdraw_decisions(*, project: Project) -> int:
    """Give people the tasks that a model decided alone before it lost the right; returns how many."""
    lost = VoteChange.objects.filter(
        project=project, worker=OuterRef("worker"), voids_decisions=True, created_at__gte=OuterRef("created_at")
    )
    standing = (
        ModelDecision.objects.filter(project=project, withdrawn_at__isnull=True)
        .annotate(change=Subquery(lost.values("id")[:1]))
        .filter(change__isnull=False)
        .order_by("task_id")
    )
    ids = list(standing.values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        _withdraw(project, ids[start : start + BATCH])
    return len(ids)


def _withdraw(project: Project, ids: Sequence[int]) -> None:
    with transaction.atomic():
        now = timezone.now()
        rows = list(ModelDecision.objects.filter(pk__in=ids, withdrawn_at__isnull=True).order_by("task_id"))
        tasks = Task.objects.select_for_update(no_key=True).in_bulk([row.task_id for row in rows])
        ModelDecision.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=now)
        # An audited task never left the queue.
        again = [row for row in rows if not row.is_audited and tasks[row.task_id].state == TaskState.COMPLETE]
        Task.objects.filter(pk__in=[row.task_id for row in again]).update(
            state=TaskState.OPEN,
            overlap=F("overlap") + project.min_overlap,
            open_slots=F("open_slots") + project.min_overlap,
            is_open=True,
        )
        reason = "the model that decided it lost the right to"
        _record(project, again, EventKind.TASK_REOPENED, reason, now)
        announce_reopened(tasks=[tasks[row.task_id] for row in again], project=project, reason=reason, at=now)


def _record(project: Project, rows: Sequence[ModelDecision], kind: EventKind, reason: str, at: datetime) -> None:
    Event.objects.bulk_create(
        [
            Event(
                kind=kind,
                project=project,
                worker_id=row.worker_id,
                subject=row.uid,
                detail={"reason": reason, "confidence": round(row.confidence, 4)},
                created_at=at,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
