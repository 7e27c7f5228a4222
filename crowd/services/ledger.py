"""Writes money down: transactions whose entries sum to zero."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crowd.enums import AccountKind, TransactionKind
from crowd.models import Account, Answer, Entry, Project, Transaction, Worker

CHUNK = 500


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


@dataclass(frozen=True)
class Posting:
    """A transaction to append: its lines (account, micro-units) sum to zero."""

    kind: TransactionKind
    idempotency_key: str
    reason: str
    lines: tuple[tuple[Account, int], ...]


def post_many(*, project: Project, postings: Sequence[Posting], at: datetime) -> list[uuid.UUID]:
    """Append many transactions in few statements, in the caller's transaction; returns their ids.

    The caller knows that none was posted before: an idempotency key that exists is refused by the database.
    """
    ids = [uuid.uuid4() for _ in postings]
    Entry.objects.bulk_create(
        [
            Entry(transaction_id=key, account=account, amount_micros=amount)
            for key, posting in zip(ids, postings, strict=True)
            for account, amount in posting.lines
        ],
        batch_size=CHUNK,
    )
    Transaction.objects.bulk_create(
        [
            Transaction(
                id=key,
                project=project,
                kind=posting.kind,
                idempotency_key=posting.idempotency_key,
                reason=posting.reason,
                created_at=at,
            )
            for key, posting in zip(ids, postings, strict=True)
        ],
        batch_size=CHUNK,
    )
    return ids


def accounts_of(
    *, project: Project, kind: AccountKind, worker_ids: Sequence[int], currency: str | None = None
) -> dict[int, Account]:
    """The accounts of many workers by worker id, opened on first use."""
    code = currency or project.currency
    found: dict[int, Account] = {}
    for start in range(0, len(worker_ids), CHUNK):
        part = worker_ids[start : start + CHUNK]
        Account.objects.bulk_create(
            [Account(project=project, kind=kind, worker_id=pk, currency=code) for pk in part], ignore_conflicts=True
        )
        rows = Account.objects.filter(project=project, kind=kind, currency=code, worker__in=part)
        found |= {account.worker_id: account for account in rows if account.worker_id is not None}
    return found


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
