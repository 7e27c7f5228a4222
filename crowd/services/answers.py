"""Takes answers in: exactly one per assignment, none lost, repeated submits replayed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import AnswerType, AssignmentState, WorkerKind
from crowd.errors import AlreadySubmitted, BudgetExhausted, ConsentNeeded, DomainError, NotFound, StaleLease
from crowd.jobs import enqueue_answer
from crowd.models import Answer, Assignment, Worker
from crowd.policies.answer_types import PER_TASK
from crowd.policies.pay import late_pay_micros
from crowd.policies.votes import takes_place
from crowd.queries.forms import form_of
from crowd.services import one_call
from crowd.services.assignments import Claim, claim_of, claim_task, take_place
from crowd.services.budgets import reserve
from crowd.services.consents import require_consent
from crowd.services.locks import lock_worker
from crowd.services.pay_terms import terms_of


@dataclass(frozen=True)
class Submission:
    """The stored answer; ``is_replay`` when this call only repeated an earlier one."""

    answer: Answer
    is_replay: bool


@dataclass(frozen=True)
class SubmissionThenClaim:
    """An answer with the worker's next task, or with why there is no next task."""

    submission: Submission
    claim: Claim | None = None
    refusal: DomainError | None = None


def submit_answer(*, assignment_uid: uuid.UUID, worker: Worker, value: Any) -> Submission:
    """Store the worker's answer to an assignment.

    In time, or late with a place still free: the answer counts towards the overlap. Late with no place left: it is
    kept as surplus. The same value again replays the first outcome; another value raises AlreadySubmitted.
    Raises NotFound, InvalidAnswer, StaleLease (given back by the worker).
    """
    if one_call.is_available(worker):
        answer = one_call.submit(assignment_uid=assignment_uid, worker=worker, value=value)
        if answer is not None:
            enqueue_answer(answer.pk)
            return Submission(answer, False)
    with transaction.atomic():
        lock_worker(worker.pk)
        now = timezone.now()
        assignment = (
            Assignment.objects.select_related("project__pay_terms", "worker")
            .filter(uid=assignment_uid, worker=worker)
            .first()
        )
        if assignment is None:
            raise NotFound("there is no such assignment among yours")
        project = assignment.project
        # The payload is another row: it is read only where it says what a value may be.
        payload = assignment.task.payload if AnswerType(project.answer_type) in PER_TASK else None
        form = form_of(project, payload)
        value = form.canonical(value)
        label_index = form.label_index(value)
        in_time = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.ACTIVE)
        if in_time.update(state=AssignmentState.SUBMITTED, ended_at=now):
            return Submission(_store(assignment, value, label_index, now, in_overlap=assignment.holds_place), False)
        assignment.refresh_from_db(fields=["state"])
        if assignment.state == AssignmentState.SUBMITTED:
            return _replay(assignment, value)
        if assignment.state != AssignmentState.EXPIRED:
            raise StaleLease(f"this assignment was {assignment.state}; claim again to go on")
        return Submission(_store_late(assignment, worker, value, label_index, now), False)


def submit_and_claim(*, assignment_uid: uuid.UUID, worker: Worker, value: Any) -> SubmissionThenClaim:
    """Store the answer and lend the next task of the same project, in one transaction.

    A claim that is refused takes nothing from the answer: the refusal is part of the outcome. Raises what
    `submit_answer` raises, with nothing claimed.
    """
    if one_call.is_available(worker) and _has_consented(worker):
        both = one_call.submit_and_claim(assignment_uid=assignment_uid, worker=worker, value=value)
        if both is not None:
            enqueue_answer(both.answer.pk)
            submission = Submission(both.answer, False)
            if both.row is not None:
                return SubmissionThenClaim(submission, claim_of(both.row, both.project_uid, worker))
            return _then_claim(submission, both.project_uid, worker)
    with transaction.atomic():
        submission = submit_answer(assignment_uid=assignment_uid, worker=worker, value=value)
        return _then_claim(submission, submission.answer.project.uid, worker)


def _then_claim(submission: Submission, project_uid: uuid.UUID, worker: Worker) -> SubmissionThenClaim:
    try:
        with transaction.atomic():
            return SubmissionThenClaim(submission, claim_task(project_uid=project_uid, worker=worker))
    except DomainError as refusal:
        return SubmissionThenClaim(submission, refusal=refusal)


def _has_consented(worker: Worker) -> bool:
    try:
        require_consent(worker=worker)
    except ConsentNeeded:
        return False
    return True


def _replay(assignment: Assignment, value: Any) -> Submission:
    answer = Answer.objects.get(assignment=assignment)
    if answer.value != value:
        raise AlreadySubmitted("this assignment already holds a different answer; the first one stands")
    return Submission(answer, True)


def _store_late(assignment: Assignment, worker: Worker, value: Any, label_index: int | None, now: datetime) -> Answer:
    # The reservation went back when the lease expired. Without budget or place the work is kept as surplus, unpaid
    # until somebody decides otherwise.
    project, in_overlap = assignment.project, False
    wants_place = not assignment.is_gold and takes_place(worker.kind)
    # Task before budget, as in the claim.
    has_place = wants_place and take_place(assignment.task_id)
    price = late_pay_micros(
        worker.kind,
        quoted_micros=assignment.reserved_micros,
        has_place=has_place,
        is_gold=assignment.is_gold,
        surplus=terms_of(project).surplus,
    )
    try:
        shard = reserve(project=project, amount_micros=price)
    except BudgetExhausted:
        shard, price = None, 0
    in_overlap = has_place
    ended = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.EXPIRED).update(
        state=AssignmentState.SUBMITTED, ended_at=now, reserved_micros=price, shard=shard, holds_place=in_overlap
    )
    if not ended:
        raise AssertionError(f"assignment {assignment.pk} changed hands while its worker was locked")
    is_surplus = wants_place and not in_overlap
    return _store(assignment, value, label_index, now, in_overlap=in_overlap, is_surplus=is_surplus)


def _store(
    assignment: Assignment,
    value: Any,
    label_index: int | None,
    now: datetime,
    *,
    in_overlap: bool,
    is_surplus: bool = False,
) -> Answer:
    answer = Answer.objects.create(
        project_id=assignment.project_id,
        task_id=assignment.task_id,
        worker_id=assignment.worker_id,
        assignment=assignment,
        value=value,
        label_index=label_index,
        is_gold=assignment.is_gold,
        is_model=assignment.worker.kind != WorkerKind.HUMAN,
        holds_place=in_overlap,
        is_surplus=is_surplus,
        elapsed_seconds=max(0.0, (now - assignment.claimed_at).total_seconds()),
        created_at=now,
    )
    enqueue_answer(answer.pk)
    return answer
