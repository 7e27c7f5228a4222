"""Moves the pay of answers: approved, rejected, reinstated; by a person, or by silence."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import AppealState, EventKind, PayState
from crowd.errors import Conflict, DomainError, FieldProblem, InvalidInput, NotFound
from crowd.models import Answer, Appeal, PayReview, Project, User
from crowd.policies.pay import check_rejection
from crowd.services.budgets import give_back, reserve
from crowd.services.events import record_event
from crowd.services.ledger import pay_answer, reinstate_pay, reverse_pay
from crowd.services.pay_terms import terms_of

BATCH = 500
MAX_BULK = 2_000


def book_pay(*, answer: Answer, amount_micros: int, at: datetime) -> None:
    """Book what an answer earned and open the review of it, in the caller's transaction; nothing for nothing."""
    if pay_answer(answer=answer, amount_micros=amount_micros, at=at) is None:
        return
    PayReview.objects.create(
        answer=answer,
        project_id=answer.project_id,
        worker_id=answer.worker_id,
        amount_micros=amount_micros,
        shard_id=answer.assignment.shard_id,
        due_at=terms_of(answer.project).approves_at(answer.created_at),
    )


def approve_answer(*, project: Project, answer_uid: uuid.UUID, actor: User) -> PayReview:
    """Approve an answer's pay, for good; approving again changes nothing.

    Raises NotFound (no such answer here, or it earned nothing), Conflict (rejected: reverse the rejection instead; or
    the actor's own work).
    """
    with transaction.atomic():
        review = _review_of(project, answer_uid)
        _check_not_own(review, actor)
        now = timezone.now()
        pending = PayReview.objects.filter(pk=review.pk, state=PayState.PENDING)
        if pending.update(state=PayState.APPROVED, decided_at=now, decided_by=actor):
            record_event(
                kind=EventKind.PAY_APPROVED,
                project=project,
                actor=actor,
                worker=review.worker,
                subject=answer_uid,
                detail={"amount_micros": review.amount_micros},
                at=now,
            )
        review.refresh_from_db()
        if review.state != PayState.APPROVED:
            raise Conflict(f"this pay is {review.state}; to pay it, reverse the rejection with a reason")
        return review


def approve_many(*, project: Project, actor: User, answer_uids: Sequence[uuid.UUID] | None, until: datetime) -> int:
    """Approve what is pending, of the answers named or of all until a moment; returns how many this call approved.

    At most 2,000 a call, the oldest first. The actor's own answers and those decided otherwise are passed over.
    """
    if answer_uids is not None and len(answer_uids) > MAX_BULK:
        raise InvalidInput(f"{len(answer_uids)} answers; name at most {MAX_BULK} in one call")
    with transaction.atomic():
        now = timezone.now()
        rows = PayReview.objects.filter(project=project, state=PayState.PENDING, answer__created_at__lte=until)
        if answer_uids is not None:
            rows = rows.filter(answer__uid__in=answer_uids)
        ids = list(rows.exclude(worker__user=actor).order_by("id").values_list("id", flat=True)[:MAX_BULK])
        changed = PayReview.objects.filter(pk__in=ids, state=PayState.PENDING).update(
            state=PayState.APPROVED, decided_at=now, decided_by=actor
        )
        if changed:
            record_event(kind=EventKind.PAY_APPROVED, project=project, actor=actor, detail={"answers": changed}, at=now)
        return changed


def reject_answer(
    *, project: Project, answer_uid: uuid.UUID, actor: User, reason: str, evidence: dict[str, Any]
) -> PayReview:
    """Reject an answer's pay while its review runs: the entry is reversed, the worker may appeal.

    Its budget stays held until the rejection is final, so that a won appeal can be paid. The same rejection again is
    replayed. Raises InvalidInput (no grounds), NotFound, Conflict (decided otherwise; the actor's own work).
    """
    problems = check_rejection(reason, evidence)
    if problems:
        raise InvalidInput("the answer cannot be rejected; nothing was changed", problems=tuple(problems))
    with transaction.atomic():
        review = _review_of(project, answer_uid)
        _check_not_own(review, actor)
        now = timezone.now()
        is_same = review.state == PayState.REJECTED and review.decided_by_id == actor.pk and review.reason == reason
        if is_same and review.evidence == evidence:
            return review
        round_number = review.round + 1
        pending = PayReview.objects.filter(pk=review.pk, state=PayState.PENDING)
        if not pending.update(
            state=PayState.REJECTED,
            decided_at=now,
            decided_by=actor,
            reason=reason,
            evidence=evidence,
            appeal_until=terms_of(project).appeal_until(now),
            is_budget_held=review.shard_id is not None,
            round=round_number,
        ):
            raise Conflict(f"this pay is {review.state}; only pay under review can be rejected")
        reverse_pay(answer=review.answer, amount_micros=review.amount_micros, round_number=round_number, at=now)
        record_event(
            kind=EventKind.PAY_REJECTED,
            project=project,
            actor=actor,
            worker=review.worker,
            subject=answer_uid,
            detail={"reason": reason, "evidence": evidence, "amount_micros": review.amount_micros},
            at=now,
        )
        review.refresh_from_db()
        return review


def reject_many(*, project: Project, actor: User, rejections: Sequence[tuple[uuid.UUID, str, dict[str, Any]]]) -> int:
    """Reject answers, each with its own reason and evidence, all or none; raises InvalidInput naming each bad row."""
    if len(rejections) > MAX_BULK:
        raise InvalidInput(f"{len(rejections)} rejections; name at most {MAX_BULK} in one call")
    problems = []
    with transaction.atomic():
        for i, (uid, reason, evidence) in enumerate(rejections):
            try:
                reject_answer(project=project, answer_uid=uid, actor=actor, reason=reason, evidence=evidence)
            except DomainError as refusal:
                problems.append(FieldProblem(f"/rejections/{i}", refusal.detail))
        if problems:
            raise InvalidInput("some answers cannot be rejected; nothing was changed", problems=tuple(problems[:100]))
    return len(rejections)


def reverse_rejection(
    *, project: Project, answer_uid: uuid.UUID, actor: User | None, reason: str, evidence: dict[str, Any] | None = None
) -> PayReview:
    """Pay a rejected answer after all, at any time; ``actor`` None: silence, or the system. Safe to call twice.

    An open appeal about it is granted by the same act. Raises NotFound, Conflict (it was never rejected, or the
    actor's own work), BudgetExhausted (the rejection was final, its budget is spent: raise the budget first).
    """
    with transaction.atomic():
        review = _review_of(project, answer_uid)
        if actor is not None:
            _check_not_own(review, actor)
        if review.state == PayState.APPROVED and review.round > 0:
            return review
        if review.state in (PayState.PENDING, PayState.APPROVED):
            raise Conflict(f"this pay is {review.state}; there is no rejection to reverse")
        now = timezone.now()
        return reinstate(review=review, actor=actor, reason=reason, evidence=evidence or {}, at=now)


def reinstate(
    *, review: PayReview, actor: User | None, reason: str, evidence: dict[str, Any], at: datetime
) -> PayReview:
    """Approve a rejected review that the caller has locked: entry, budget, open appeal, event; in its transaction."""
    rejecter_id = review.decided_by_id
    was_held, was_final = review.is_budget_held, review.state == PayState.FINAL
    review.state, review.is_budget_held = PayState.APPROVED, False
    review.decided_at, review.decided_by, review.appeal_until = at, actor, None
    if was_final and not was_held:
        # The budget went back when the rejection became final.
        review.shard = reserve(project=review.project, amount_micros=review.amount_micros)
    review.save(update_fields=["state", "is_budget_held", "decided_at", "decided_by", "appeal_until", "shard"])
    # A rejecter who gives in is no judge of the appeal: then nobody is, and the event names the person.
    judge = None if actor is None or actor.pk == rejecter_id else actor
    Appeal.objects.filter(review=review, state=AppealState.OPEN).update(
        state=AppealState.GRANTED, decided_at=at, decided_by=judge, decision=reason
    )
    reinstate_pay(answer=review.answer, amount_micros=review.amount_micros, round_number=review.round, at=at)
    record_event(
        kind=EventKind.PAY_REINSTATED,
        project=review.project,
        actor=actor,
        worker=review.worker,
        subject=review.answer.uid,
        detail={"reason": reason, "evidence": evidence, "amount_micros": review.amount_micros},
        at=at,
    )
    return review


def approve_by_silence(*, now: datetime | None = None) -> int:
    """Approve what nobody decided within its review; returns how many. One statement a round: silence has no event."""
    at = now or timezone.now()
    due = PayReview.objects.filter(state=PayState.PENDING, due_at__lte=at)
    ids = list(due.order_by("due_at").values_list("id", flat=True)[:BATCH])
    return PayReview.objects.filter(pk__in=ids, state=PayState.PENDING).update(state=PayState.APPROVED, decided_at=at)


def close_unappealed(*, now: datetime | None = None) -> int:
    """Make rejections final that nobody appealed in time, and free their budget; returns how many."""
    at = now or timezone.now()
    over = PayReview.objects.filter(state=PayState.REJECTED, appeal_until__lt=at).order_by("id")
    closed = 0
    for review_id in list(over.values_list("id", flat=True)[:BATCH]):
        with transaction.atomic():
            review = over.select_for_update(no_key=True, of=("self",)).select_related("shard").filter(pk=review_id)
            row = review.first()
            if row is not None:
                make_final(review=row)
                closed += 1
    return closed


def make_final(*, review: PayReview) -> None:
    """End the ways of appeal of a locked review, in the caller's transaction; its budget goes back."""
    was_held = review.is_budget_held
    review.state, review.is_budget_held = PayState.FINAL, False
    review.save(update_fields=["state", "is_budget_held"])
    if was_held:
        give_back(shard=review.shard, amount_micros=review.amount_micros)


def _review_of(project: Project, answer_uid: uuid.UUID) -> PayReview:
    review = (
        PayReview.objects.select_for_update(no_key=True, of=("self",))
        .select_related("answer__project", "answer__worker", "worker", "project", "shard")
        .filter(project=project, answer__uid=answer_uid)
        .first()
    )
    if review is None:
        if Answer.objects.filter(project=project, uid=answer_uid, processed_at__isnull=True).exists():
            raise Conflict("this answer is still being processed; its pay is booked in a moment")
        raise NotFound("there is no such answer in this project, or it earned nothing")
    return review


def _check_not_own(review: PayReview, actor: User) -> None:
    if review.worker.user_id == actor.pk:
        raise Conflict("this is your own work; somebody else must decide about its pay")
