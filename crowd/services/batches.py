"""Makes batches of payments and takes them through approval, export and sending."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import AccountKind, BatchFormat, BatchState, EventKind, LineState, TransactionKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import Batch, BatchFile, BatchLine, Entry, PaidEntry, Project, User, Worker
from crowd.policies.payout_files import write_file
from crowd.policies.payouts import MAX_LINES, Line, check_options, line_problem, split_amount, unit_micros
from crowd.queries.payouts import Due, batch_for, due_of, file_lines, reference_of
from crowd.services.announcements import announce_payout
from crowd.services.events import record_event
from crowd.services.ledger import Posting, accounts_of, post_many
from crowd.services.locks import lock_books

CHUNK = 500


@dataclass(frozen=True)
class LeftOut:
    """Who is owed something and has no line, with the reason."""

    worker: Worker
    owed_micros: int
    reason: str


@dataclass(frozen=True)
class Made:
    """A new batch, and who was left out of it."""

    batch: Batch
    left_out: tuple[LeftOut, ...]


def make_batch(*, project: Project, batch_format: BatchFormat, options: dict[str, Any], maker: User) -> Made:
    """Gather what is due into a draft: whole units are moved in transit, the rest is carried, the entries are frozen.

    Raises InvalidInput naming each problem of the format's options, Conflict where nobody can be paid.
    """
    problems = check_options(batch_format, project.currency, options)
    if problems:
        raise InvalidInput("the batch cannot be made as described; nothing was changed", problems=tuple(problems))
    with transaction.atomic():
        lock_books(project.pk)
        now = timezone.now()
        batch = Batch(
            project=project,
            currency=project.currency,
            format=batch_format,
            options=options,
            made_by=maker,
            created_at=now,
        )
        due, left_out = _sort_out(batch, due_of(project))
        if not due:
            why = "; ".join(sorted({left.reason for left in left_out})) or "nothing is owed that is not under review"
            raise Conflict(f"there is nobody to pay in this batch: {why}")
        batch.save(force_insert=True)
        lines = _write_lines(batch, due, now)
        record_event(
            kind=EventKind.BATCH_MADE,
            project=project,
            actor=maker,
            subject=batch.uid,
            detail={"lines": len(lines), "amount_micros": sum(line.amount_micros for line in lines)},
            at=now,
        )
        return Made(batch, tuple(left_out))


def approve_batch(*, project: Project, batch_uid: uuid.UUID, actor: User) -> Batch:
    """Approve a draft, by somebody else than its maker; again changes nothing. Raises NotFound, Conflict."""
    batch = batch_for(project=project, batch_uid=batch_uid)
    if batch.made_by_id == actor.pk:
        raise Conflict("you made this batch; a second person must approve it")
    now = timezone.now()
    fields = {"approved_by": actor, "approved_at": now}
    with transaction.atomic():
        was_draft = batch.state == BatchState.DRAFT
        moved = _move(batch, BatchState.DRAFT, BatchState.APPROVED, EventKind.BATCH_APPROVED, actor, fields)
        if was_draft and moved.approved_at == now:
            announce_payout(batch=batch, project=project, at=now)
        return moved


def export_batch(*, project: Project, batch_uid: uuid.UUID, actor: User) -> BatchFile:
    """The file of an approved batch; exporting again gives the same bytes. Raises NotFound, Conflict, InvalidInput."""
    with transaction.atomic():
        lock_books(project.pk)
        batch = batch_for(project=project, batch_uid=batch_uid)
        stored = BatchFile.objects.filter(batch=batch).first()
        if stored is not None:
            return stored
        if batch.state != BatchState.APPROVED or batch.approved_at is None:
            raise Conflict(f"the batch is {batch.state}; only an approved one is exported")
        lines = list(file_lines(batch))
        batch_format = BatchFormat(batch.format)
        _refuse_bad_lines(batch_format, lines)
        file = write_file(
            batch_format=batch_format,
            reference=batch.uid.hex,
            currency=batch.currency,
            made_at=batch.approved_at,
            options=batch.options,
            lines=lines,
        )
        now = timezone.now()
        stored = BatchFile.objects.create(
            batch=batch,
            content=file.content,
            sha256=hashlib.sha256(file.content).hexdigest(),
            media_type=file.media_type,
            name=f"batch-{batch.uid}.{file.suffix}",
            created_at=now,
        )
        _move(
            batch,
            BatchState.APPROVED,
            BatchState.EXPORTED,
            EventKind.BATCH_EXPORTED,
            actor,
            {"exported_at": now},
            detail={"sha256": stored.sha256},
        )
        return stored


def mark_sent(*, project: Project, batch_uid: uuid.UUID, actor: User) -> Batch:
    """Note that the file was handed to the bank or provider; again changes nothing. Raises NotFound, Conflict."""
    batch = batch_for(project=project, batch_uid=batch_uid)
    fields = {"sent_at": timezone.now()}
    return _move(batch, BatchState.EXPORTED, BatchState.SENT, EventKind.BATCH_SENT, actor, fields)


def cancel_batch(*, project: Project, batch_uid: uuid.UUID, actor: User) -> Batch:
    """Give up a batch that was not exported: each payment goes back by a reversing entry. Raises NotFound, Conflict."""
    with transaction.atomic():
        lock_books(project.pk)
        batch = batch_for(project=project, batch_uid=batch_uid)
        if batch.state == BatchState.CANCELLED:
            return batch
        if batch.state not in (BatchState.DRAFT, BatchState.APPROVED):
            raise Conflict(f"the batch is {batch.state}; its file may be on its way, so end its lines one by one")
        now = timezone.now()
        fields = {"ended_at": now}
        _move(batch, BatchState(batch.state), BatchState.CANCELLED, EventKind.BATCH_CANCELLED, actor, fields)
        lines = list(BatchLine.objects.filter(batch=batch, state=LineState.PENDING).select_related("account"))
        BatchLine.objects.filter(batch=batch).update(
            state=LineState.CANCELLED, ended_at=now, reason="the batch was cancelled"
        )
        transit = _transit(batch, [line.account.worker_id or 0 for line in lines])
        post_many(
            project=project,
            postings=[
                Posting(
                    TransactionKind.REVERSAL,
                    f"line:{batch.uid}:{line.number}:cancelled",
                    "the batch was cancelled",
                    (
                        (transit[line.account.worker_id or 0], line.amount_micros),
                        (line.account, -line.amount_micros),
                    ),
                )
                for line in lines
            ],
            at=now,
        )
        return batch


def _sort_out(batch: Batch, owed: list[Due]) -> tuple[list[tuple[Due, int, int]], list[LeftOut]]:
    """Who gets a line, with what is paid and what is carried; and who does not, with the reason."""
    batch_format = BatchFormat(batch.format)
    unit = unit_micros(batch.currency, batch_format)
    kept: list[tuple[Due, int, int]] = []
    left_out: list[LeftOut] = []
    for due in owed:
        worker = due.account.worker
        assert worker is not None, "a payable account has a worker"
        paid, carried = split_amount(due.owed_micros, unit)
        if due.owed_micros <= 0:
            continue
        if due.payee is None:
            reason: str | None = "has not said where the money should go"
        elif paid == 0:
            reason = "is owed less than the smallest unit of the currency"
        elif len(kept) >= MAX_LINES[batch_format]:
            reason = f"comes after the {MAX_LINES[batch_format]} lines that the format takes; make another batch"
        else:
            payee = due.payee
            number = len(kept) + 1
            reference = reference_of(batch, number)
            reason = line_problem(
                batch_format,
                Line(number, reference, "", payee.method, payee.recipient, payee.name, payee.bic, paid),
            )
        if reason is None:
            kept.append((due, paid, carried))
        else:
            left_out.append(LeftOut(worker, due.owed_micros, reason))
    return kept, left_out


def _write_lines(batch: Batch, due: list[tuple[Due, int, int]], at: datetime) -> list[BatchLine]:
    rows = []
    for number, (one, paid, carried) in enumerate(due, start=1):
        payee = one.payee
        assert payee is not None, "whoever has no details was left out"
        rows.append(
            BatchLine(
                batch=batch,
                number=number,
                account=one.account,
                method=payee.method,
                recipient=payee.recipient,
                name=payee.name,
                bic=payee.bic,
                amount_micros=paid,
                carried_micros=carried,
            )
        )
    lines = BatchLine.objects.bulk_create(rows, batch_size=CHUNK)
    transit = _transit(batch, [line.account.worker_id or 0 for line in lines])
    ids = post_many(
        project=batch.project,
        postings=[
            Posting(
                TransactionKind.PAYOUT,
                f"line:{batch.uid}:{line.number}",
                f"line {line.number} of batch {batch.uid}",
                ((line.account, line.amount_micros), (transit[line.account.worker_id or 0], -line.amount_micros)),
            )
            for line in lines
        ],
        at=at,
    )
    by_account = {line.account_id: line for line in lines}
    covered = [(entry_id, line) for line, (one, *_) in zip(lines, due, strict=True) for entry_id in one.entry_ids]
    for start in range(0, len(ids), CHUNK):
        # The payout's own entry is covered by its own line: no later batch takes it for something owed.
        own = Entry.objects.filter(transaction_id__in=ids[start : start + CHUNK], account__in=by_account)
        covered += [(pk, by_account[account]) for pk, account in own.values_list("id", "account_id")]
    PaidEntry.objects.bulk_create([PaidEntry(line=line, entry_id=pk) for pk, line in covered], batch_size=CHUNK)
    return lines


def _transit(batch: Batch, worker_ids: list[int]) -> dict[int, Any]:
    kind = AccountKind.WORKER_TRANSIT
    return accounts_of(project=batch.project, kind=kind, worker_ids=worker_ids, currency=batch.currency)


def _refuse_bad_lines(batch_format: BatchFormat, lines: list[Line]) -> None:
    problems = [(line, line_problem(batch_format, line)) for line in lines]
    bad = [FieldProblem(f"/lines/{line.number}", reason) for line, reason in problems if reason is not None]
    if bad:
        raise InvalidInput(f"{len(bad)} lines do not fit the format; nothing was written", problems=tuple(bad[:100]))


def _move(
    batch: Batch,
    before: BatchState,
    after: BatchState,
    kind: EventKind,
    actor: User,
    fields: dict[str, Any],
    detail: dict[str, Any] | None = None,
) -> Batch:
    with transaction.atomic():
        moved = Batch.objects.filter(pk=batch.pk, state=before).update(state=after, **fields)
        if moved:
            record_event(kind=kind, project=batch.project, actor=actor, subject=batch.uid, detail=detail)
        batch.refresh_from_db()
        if not moved and batch.state != after:
            raise Conflict(f"the batch is {batch.state}; it cannot become {after}")
        return batch
