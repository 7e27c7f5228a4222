"""Opens the places again that a suspended worker's unreliable answers held."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from crowd.enums import EventKind, TaskState
from crowd.models import Answer, BudgetShard, Project, ReopenedPlace, Task, TrustChange, WorkTerms
from crowd.policies.votes import pay_micros
from crowd.queries.reopening import unreliable_answers
from crowd.services.announcements import announce_reopened
from crowd.services.events import record_event

BATCH = 200


def reopen_places(*, enrolment_id: int) -> int:
    """Give back the places of a suspended worker's answers; returns how many this call opened.

    An answer is unreliable where its task is not complete, or would fall under the project's target without it. The
    answers stay as evidence. Tasks that would be least sure come first, as far as the budget covers new answers. Safe
    to run twice, to run at once, to be killed: each task is a transaction of its own, each place opens once, ever.
    """
    terms = WorkTerms.objects.select_related("enrolment__project", "reopen_change").filter(
        enrolment_id=enrolment_id, reopen_change__isnull=False
    )
    due = terms.first()
    if due is None or due.reopen_change is None:
        return 0
    enrolment, change, opened = due.enrolment, due.reopen_change, 0
    for answer in unreliable_answers(enrolment):
        if not _has_budget(enrolment.project):
            break
        opened += _reopen(answer, change, timezone.now())
    with transaction.atomic():
        # A newer suspension has its own change and stays in the queue.
        if terms.filter(reopen_change=change).update(reopen_change=None):
            record_event(
                kind=EventKind.PLACES_REOPENED,
                project=enrolment.project,
                worker=enrolment.worker,
                subject=change.uid,
                detail={"places": opened},
            )
    return opened


def reopen_due() -> int:
    """Work off the suspensions whose places are still to be opened; returns how many suspensions."""
    due = WorkTerms.objects.filter(reopen_change__isnull=False).order_by("id").values_list("enrolment_id", flat=True)
    enrolment_ids = list(due[:BATCH])
    for enrolment_id in enrolment_ids:
        reopen_places(enrolment_id=enrolment_id)
    return len(enrolment_ids)


def _reopen(answer: Answer, change: TrustChange, at: datetime) -> int:
    with transaction.atomic():
        task = Task.objects.select_for_update(no_key=True).get(pk=answer.task_id)
        if task.state in (TaskState.CANCELLED, TaskState.GOLD) or hasattr(task, "adjudication"):
            return 0
        _, is_new = ReopenedPlace.objects.get_or_create(answer=answer, defaults={"change": change, "created_at": at})
        if not is_new:
            return 0
        Task.objects.filter(pk=task.pk).update(
            state=TaskState.OPEN, overlap=F("overlap") + 1, open_slots=F("open_slots") + 1, is_open=True
        )
        reason = "the place of a suspended worker's answer is given to another"
        record_event(
            kind=EventKind.TASK_REOPENED,
            project=answer.project,
            subject=task.uid,
            detail={"reason": reason},
            at=at,
        )
        announce_reopened(tasks=[task], project=answer.project, reason=reason, at=at)
        return 1


def _has_budget(project: Project) -> bool:
    price = pay_micros("human", project.price_micros)
    if project.budget_micros is None or price == 0:
        return True
    left = BudgetShard.objects.filter(project=project).aggregate(left=Sum("left_micros"))["left"] or 0
    # Places that are open already have the first claim on what is left.
    waiting = Task.objects.filter(project=project, is_open=True).aggregate(n=Sum("open_slots"))["n"] or 0
    return bool(left >= price * (waiting + 1))
