"""Counts what must never be in the books of a project; all zero when all is well."""

from __future__ import annotations

from django.db.models import Count, F, Q, Sum

from crowd.enums import AccountKind, LineState, PayState, TransactionKind, WorkerKind
from crowd.models import Account, Answer, Batch, BatchLine, Entry, PayReview, Project, Transaction

WORKER_KINDS = [AccountKind.WORKER_PAYABLE, AccountKind.WORKER_TRANSIT, AccountKind.WORKER_PAID]
OWED = [PayState.PENDING, PayState.APPROVED]


def broken_books(project: Project) -> dict[str, int]:
    """How often each promise about money is broken in the rows of the project."""
    entries = Entry.objects.filter(account__project=project)
    transactions = Transaction.objects.filter(project=project)
    unbalanced = entries.values("transaction", "account__currency").annotate(sum=Sum("amount_micros")).exclude(sum=0)
    paid_twice = transactions.filter(kind=TransactionKind.ANSWER_PAY).values("answer").annotate(n=Count("id"))
    reviews = PayReview.objects.filter(project=project)
    own = Q(answer__transactions__entries__account__kind__in=WORKER_KINDS)
    balance = reviews.annotate(owed=-Sum("answer__transactions__entries__amount_micros", filter=own, default=0))
    people = Q(kind__in=WORKER_KINDS)
    paid_early = Q(
        transaction__kind=TransactionKind.ANSWER_PAY, transaction__answer__pay_review__state=PayState.PENDING
    )
    return {
        "unbalanced transactions": unbalanced.count(),
        "entries without a transaction": entries.filter(transaction__created_at__isnull=True).count(),
        "paid twice": paid_twice.filter(n__gt=1).count(),
        "pay without an answer": transactions.filter(kind=TransactionKind.ANSWER_PAY, answer__isnull=True).count(),
        "pay before processing": Answer.objects.filter(
            project=project, processed_at__isnull=True, transactions__isnull=False
        ).count(),
        "pay without a review": transactions.filter(
            kind=TransactionKind.ANSWER_PAY, answer__pay_review__isnull=True
        ).count(),
        "owed other than the review says": balance.filter(state__in=OWED).exclude(owed=F("amount_micros")).count()
        + balance.exclude(state__in=OWED).exclude(owed=0).count(),
        "owed to a model": Account.objects.filter(people, project=project)
        .exclude(worker__kind=WorkerKind.HUMAN)
        .count(),
        "paid out under review": entries.filter(paid_early, paid_by__isnull=False).count(),
        "approved by its maker": Batch.objects.filter(project=project, approved_by=F("made_by")).count(),
        "lines off their entries": sum(map(_line_error, Account.objects.filter(project=project, lines__isnull=False))),
        "transit other than the lines say": _transit_error(project),
    }


def _line_error(account: Account) -> int:
    """What is owed must be what no line covers, with what the last line carried."""
    rows = Entry.objects.filter(account=account)
    owed = -(rows.aggregate(sum=Sum("amount_micros"))["sum"] or 0)
    uncovered = -(rows.filter(paid_by__isnull=True).aggregate(sum=Sum("amount_micros"))["sum"] or 0)
    last = BatchLine.objects.filter(account=account).order_by("-id").first()
    return abs(int(owed) - int(uncovered) - (0 if last is None else last.carried_micros))


def _transit_error(project: Project) -> int:
    lines = BatchLine.objects.filter(batch__project=project)
    states = ((AccountKind.WORKER_TRANSIT, LineState.PENDING), (AccountKind.WORKER_PAID, LineState.SETTLED))
    error = 0
    for kind, state in states:
        booked = Entry.objects.filter(account__project=project, account__kind=kind).aggregate(n=Sum("amount_micros"))
        said = lines.filter(state=state).aggregate(n=Sum("amount_micros"))
        error += abs(int(booked["n"] or 0) + int(said["n"] or 0))
    return error
