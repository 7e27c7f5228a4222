"""Processes a submitted answer: gold score or consensus, trust, ledger; exactly once."""

from __future__ import annotations

import logging
import random

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import EventKind
from crowd.models import Answer, Project, Task
from crowd.policies.retries import pause_after
from crowd.queries.forms import form_of
from crowd.services.consensus import update_consensus
from crowd.services.events import record_event
from crowd.services.pay_review import book_pay
from crowd.services.rules import apply_rules
from crowd.services.trust import score_gold
from crowd.services.vote_states import watch_model

logger = logging.getLogger(__name__)


def process_answer(*, answer_id: int) -> bool:
    """Do everything that follows from an answer, in one transaction; False when it was done before.

    A second call, at the same time or later, finds the answer processed and changes nothing.
    """
    with transaction.atomic():
        task_id = (
            Answer.objects.filter(pk=answer_id, processed_at__isnull=True).values_list("task_id", flat=True).first()
        )
        if task_id is None:
            return False
        task = Task.objects.select_for_update(no_key=True).get(pk=task_id)
        now = timezone.now()
        # The guard: under the task's lock exactly one caller changes this row.
        if not Answer.objects.filter(pk=answer_id, processed_at__isnull=True).update(processed_at=now):
            return False
        answer = Answer.objects.select_related("project__pay_terms", "worker", "assignment").get(pk=answer_id)
        project = answer.project
        if answer.is_gold:
            is_right = form_of(project, task.payload).is_right(answer.value, task.gold.labels)
            score_gold(answer=answer, is_right=is_right, at=now)
            watch_model(answer=answer, at=now)
        else:
            update_consensus(task=task, project=project, at=now)
        book_pay(answer=answer, amount_micros=answer.assignment.reserved_micros, at=now)
        # Only the answer that finds the project clean writes its row.
        Project.objects.filter(pk=project.pk, is_dirty=False).update(is_dirty=True)
    # After the commit, in transactions of their own: a rule that cannot be applied holds up no answer. What a crash
    # here misses, the worker's next answer finds: windows slide.
    apply_rules(project=project, worker=answer.worker)
    return True


def process_or_postpone(*, answer_id: int) -> bool:
    """Process an answer; when that fails, say so in the log and the audit trail and try again later."""
    try:
        return process_answer(answer_id=answer_id)
    except Exception as error:
        logger.exception("answer %s could not be processed", answer_id)
        _postpone(answer_id, error)
        return False


def _postpone(answer_id: int, error: Exception) -> None:
    with transaction.atomic():
        waiting = Answer.objects.filter(pk=answer_id, processed_at__isnull=True)
        if not waiting.update(process_attempts=F("process_attempts") + 1):
            return
        answer = waiting.select_related("project", "worker").get()
        now = timezone.now()
        waiting.update(process_after=now + pause_after(answer.process_attempts, chance=random.random()))
        if answer.process_attempts == 1:
            record_event(
                kind=EventKind.PROCESSING_FAILED,
                project=answer.project,
                worker=answer.worker,
                subject=answer.uid,
                detail={"error": f"{type(error).__name__}: {error}"[:500]},
                at=now,
            )
