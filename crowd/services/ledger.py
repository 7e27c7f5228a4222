"""Writes money down: transactions whose entries sum to zero."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from crowd.enums import AccountKind, TransactionKind
from crowd.models import Account, Answer, Entry, Project, Transaction, Worker


def post_transaction(
    *,
    project: Project,
    kind: TransactionKind,
    lines: Sequence[tuple[Account, int]],
    idempotency_key: str,
    reason: str,
    at: datetime,
    answer: Answer | None = None,
) -> Transaction:
    """Append a transaction with its entries (account, micro-units), in the caller's transaction.

    Returns the earlier one when the idempotency key was posted before. The database refuses entries that do not sum
    to zero per currency.
    """
    earlier = Transaction.objects.filter(idempotency_key=idempotency_key).first()
    if earlier is not None:
        return earlier
    transaction_id = uuid.uuid4()
    # Entries first: writing the transaction row is what checks their sum and seals them.
    Entry.objects.bulk_create(
        Entry(transaction_id=transaction_id, account=account, amount_micros=amount) for account, amount in lines
    )
    return Transaction.objects.create(
        id=transaction_id,
        project=project,
        kind=kind,
        answer=answer,
        idempotency_key=idempotency_key,
        reason=reason,
        created_at=at,
    )


def pay_answer(*, answer: Answer, amount_micros: int, at: datetime) -> Transaction | None:
    """Book what an answer earned; None where it earned nothing. Safe to call twice."""
    if amount_micros == 0:
        return None
    project, worker = answer.project, answer.worker
    cost = account_of(project=project, kind=AccountKind.PROJECT_COST)
    payable = account_of(project=project, kind=AccountKind.WORKER_PAYABLE, worker=worker)
    return post_transaction(
        project=project,
        kind=TransactionKind.ANSWER_PAY,
        lines=[(cost, amount_micros), (payable, -amount_micros)],
        idempotency_key=f"answer:{answer.uid}:pay",
        reason="answer",
        at=at,
        answer=answer,
    )


def reverse_pay(*, answer: Answer, amount_micros: int, round_number: int, at: datetime) -> Transaction:
    """Take back what an answer earned, by a reversing transaction; once per rejection of it."""
    return _correct_pay(answer, -amount_micros, f"answer:{answer.uid}:reject:{round_number}", "rejected", at)


def reinstate_pay(*, answer: Answer, amount_micros: int, round_number: int, at: datetime) -> Transaction:
    """Reverse the reversal of a rejection: the answer is owed again; once per rejection."""
    return _correct_pay(answer, amount_micros, f"answer:{answer.uid}:reinstate:{round_number}", "reinstated", at)


def _correct_pay(answer: Answer, owed_micros: int, key: str, reason: str, at: datetime) -> Transaction:
    project = answer.project
    cost = account_of(project=project, kind=AccountKind.PROJECT_COST)
    payable = account_of(project=project, kind=AccountKind.WORKER_PAYABLE, worker=answer.worker)
    return post_transaction(
        project=project,
        kind=TransactionKind.REVERSAL,
        lines=[(cost, owed_micros), (payable, -owed_micros)],
        idempotency_key=key,
        reason=reason,
        at=at,
        answer=answer,
    )


def account_of(*, project: Project, kind: AccountKind, worker: Worker | None = None) -> Account:
    """The account, opened on first use."""
    account, _ = Account.objects.get_or_create(project=project, kind=kind, worker=worker, currency=project.currency)
    return account
