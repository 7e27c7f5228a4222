"""Ends the payments of a batch: settled, failed, returned; money that did not arrive goes back to the worker."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import AccountKind, BatchState, EventKind, LineState, TransactionKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import Batch, BatchLine, Project, User
from crowd.queries.payouts import batch_for
from crowd.services.events import record_event
from crowd.services.ledger import Posting, accounts_of, post_many
from crowd.services.locks import lock_books

CHUNK = 500
MAX_REASON = 200
_BEFORE = {
    LineState.SETTLED: LineState.PENDING,
    LineState.FAILED: LineState.PENDING,
    LineState.RETURNED: LineState.SETTLED,
}


def end_payments(
    *,
    project: Project,
    batch_uid: uuid.UUID,
    numbers: Sequence[int] | None,
    outcome: LineState,
    reason: str,
    actor: User,
) -> Batch:
    """Say how payments of a sent batch ended: those numbered, or with None all that are still on their way.

    A failed or returned one is owed to the worker again, by a reversing entry, and comes into the next batch. Repeats
    change nothing. Raises NotFound, InvalidInput (no such line, no reason for a failure), Conflict (not sent, or a
    line ended otherwise), with nothing changed.
    """
    if outcome not in _BEFORE:
        raise InvalidInput("a payment ends settled, failed or returned")
    if len(reason) > MAX_REASON or (outcome != LineState.SETTLED and not reason.strip()):
        raise InvalidInput(f"say why the payment did not arrive, in 1 to {MAX_REASON} characters")
    with transaction.atomic():
        lock_books(project.pk)
        batch = batch_for(project=project, batch_uid=batch_uid)
        if batch.state not in (BatchState.SENT, BatchState.DONE):
            raise Conflict(f"the batch is {batch.state}; payments end once it was sent")
        lines = _lines(batch, numbers, outcome)
        if lines:
            now = timezone.now()
            ids = [line.pk for line in lines]
            for start in range(0, len(ids), CHUNK):
                BatchLine.objects.filter(pk__in=ids[start : start + CHUNK]).update(
                    state=outcome, reason=reason, ended_at=now
                )
            _post(batch, lines, outcome, now)
            record_event(
                kind=EventKind.PAYMENT_ENDED,
                project=project,
                actor=actor,
                subject=batch.uid,
                detail={"outcome": outcome, "lines": [line.number for line in lines][:100], "count": len(lines)},
                at=now,
            )
            if not BatchLine.objects.filter(batch=batch, state=LineState.PENDING).exists():
                Batch.objects.filter(pk=batch.pk, state=BatchState.SENT).update(state=BatchState.DONE, ended_at=now)
        batch.refresh_from_db()
        return batch


def _lines(batch: Batch, numbers: Sequence[int] | None, outcome: LineState) -> list[BatchLine]:
    rows = BatchLine.objects.filter(batch=batch).select_related("account").order_by("number")
    before = _BEFORE[outcome]
    if numbers is None:
        return list(rows.filter(state=before))
    found = {
        line.number: line
        for start in range(0, len(numbers), CHUNK)
        for line in rows.filter(number__in=numbers[start : start + CHUNK])
    }
    unknown = sorted(set(numbers) - set(found))
    if unknown:
        problems = tuple(FieldProblem(f"/lines/{number}", "the batch has no such line") for number in unknown[:100])
        raise InvalidInput("some lines are not in this batch; nothing was changed", problems=problems)
    other = [line for line in found.values() if line.state not in (before, outcome)]
    if other:
        problems = tuple(FieldProblem(f"/lines/{line.number}", f"is {line.state}") for line in other[:100])
        raise Conflict(f"some payments cannot become {outcome}; nothing was changed", problems=problems)
    return [line for line in found.values() if line.state == before]


def _post(batch: Batch, lines: Sequence[BatchLine], outcome: LineState, at: datetime) -> None:
    workers = [line.account.worker_id or 0 for line in lines]
    project, code = batch.project, batch.currency
    transit = accounts_of(project=project, kind=AccountKind.WORKER_TRANSIT, worker_ids=workers, currency=code)
    paid = (
        {}
        if outcome == LineState.FAILED
        else accounts_of(project=project, kind=AccountKind.WORKER_PAID, worker_ids=workers, currency=code)
    )
    postings = []
    for line in lines:
        worker, amount = line.account.worker_id or 0, line.amount_micros
        if outcome == LineState.SETTLED:
            kind, moves = TransactionKind.SETTLEMENT, ((transit[worker], amount), (paid[worker], -amount))
        elif outcome == LineState.FAILED:
            kind, moves = TransactionKind.REVERSAL, ((transit[worker], amount), (line.account, -amount))
        else:
            kind, moves = TransactionKind.REVERSAL, ((paid[worker], amount), (line.account, -amount))
        text = f"line {line.number} of batch {batch.uid}: {outcome}"
        postings.append(Posting(kind, f"line:{batch.uid}:{line.number}:{outcome}", text, moves))
    post_many(project=project, postings=postings, at=at)
