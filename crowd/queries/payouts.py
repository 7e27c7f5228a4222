"""Reads what can be paid out, and batches with their lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from crowd.enums import AccountKind, PayState, TransactionKind
from crowd.errors import NotFound
from crowd.models import Account, Batch, BatchFile, BatchLine, Entry, PayeeDetails, Project, Worker
from crowd.policies.payouts import Line


@dataclass
class Due:
    """What an account is owed that no line has covered, in micro-units, with the entries that make it up."""

    account: Account
    payee: PayeeDetails | None
    carried_micros: int
    entry_ids: list[int] = field(default_factory=list)
    new_micros: int = 0

    @property
    def owed_micros(self) -> int:
        """With what the last line left over."""
        return self.new_micros + self.carried_micros


def due_of(project: Project) -> list[Due]:
    """What can be paid out on a project, by account; three queries.

    Pay under review waits. A rejected answer's entry and its reversal are both in, and sum to zero.
    """
    last = BatchLine.objects.filter(account=OuterRef("pk")).order_by("-id").values("carried_micros")[:1]
    accounts = Account.objects.filter(
        project=project, kind=AccountKind.WORKER_PAYABLE, currency=project.currency
    ).annotate(carried=Subquery(last))
    found = {row.pk: Due(row, None, row.carried or 0) for row in accounts.select_related("worker").order_by("id")}
    details = PayeeDetails.objects.filter(worker__accounts__in=list(found)) if found else PayeeDetails.objects.none()
    by_worker = {payee.worker_id: payee for payee in details}
    # One statement, so that a rejection in between is seen whole or not at all.
    for entry_id, account_id, amount in open_entries(project).values_list("id", "account_id", "amount_micros"):
        due = found.get(account_id)
        if due is not None:
            due.entry_ids.append(entry_id)
            due.new_micros -= amount
    for due in found.values():
        due.payee = by_worker.get(due.account.worker_id or 0)
    return [due for due in found.values() if due.entry_ids]


def open_entries(project: Project) -> QuerySet[Entry]:
    """The entries that a line may cover: not covered before, not under review."""
    under_review = Q(
        transaction__kind=TransactionKind.ANSWER_PAY, transaction__answer__pay_review__state=PayState.PENDING
    )
    return (
        Entry.objects.filter(account__project=project, account__kind=AccountKind.WORKER_PAYABLE, paid_by__isnull=True)
        .exclude(under_review)
        .order_by("id")
    )


def batch_for(*, project: Project, batch_uid: uuid.UUID) -> Batch:
    """A batch of the project. Raises NotFound."""
    batch = Batch.objects.select_related("made_by", "approved_by").filter(project=project, uid=batch_uid).first()
    if batch is None:
        raise NotFound("there is no such batch in this project")
    return batch


def batches_of(project: Project) -> QuerySet[Batch]:
    """Every batch of the project."""
    return Batch.objects.filter(project=project).select_related("made_by", "approved_by")


def batch_file_for(*, project: Project, batch_uid: uuid.UUID) -> BatchFile:
    """The file of an exported batch. Raises NotFound."""
    batch = batch_for(project=project, batch_uid=batch_uid)
    file = BatchFile.objects.filter(batch=batch).first()
    if file is None:
        raise NotFound(f"the batch is {batch.state} and has no file yet; export it first")
    return file


def paid_worker(*, project: Project, worker_uid: uuid.UUID) -> Worker:
    """A worker of the project. Raises NotFound."""
    worker = Worker.objects.filter(uid=worker_uid, enrolments__project=project).first()
    if worker is None:
        raise NotFound("there is no such worker in this project")
    return worker


def lines_of(batch: Batch) -> QuerySet[BatchLine]:
    """The lines of a batch with their workers, in their order."""
    return BatchLine.objects.filter(batch=batch).select_related("account__worker").order_by("number")


def file_lines(batch: Batch) -> Iterator[Line]:
    """The lines as the files need them, frozen as they were made."""
    for row in lines_of(batch).annotate(worker_uid=F("account__worker__uid")):
        yield Line(
            number=row.number,
            reference=reference_of(batch, row.number),
            worker=str(row.worker_uid),
            method=row.method,
            recipient=row.recipient,
            name=row.name,
            bic=row.bic,
            amount_micros=row.amount_micros,
        )


def reference_of(batch: Batch, number: int) -> str:
    """A payment's own reference: at most 27 characters, without spaces."""
    return f"{batch.uid.hex[:20]}-{number}"
