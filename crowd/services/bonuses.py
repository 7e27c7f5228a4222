"""Pays bonuses: one, or a file of them, each key once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from crowd.enums import AccountKind, EventKind, TransactionKind, WorkerKind
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Bonus, BudgetShard, Project, User, Worker
from crowd.policies.bonus_rows import MAX_KEY, MAX_REASON, BonusRow, read_bonus_rows
from crowd.services.budgets import reserve
from crowd.services.events import record_event
from crowd.services.ledger import Posting, account_of, accounts_of, post_many
from crowd.services.locks import lock_books

CHUNK = 500


@dataclass(frozen=True)
class BonusesPaid:
    """What a call paid, or would pay: bonuses that were paid before under their keys are not paid again."""

    is_dry_run: bool
    paid: int
    paid_micros: int
    paid_before: int
    is_covered: bool


def pay_bonus(
    *, project: Project, key: str, worker_uid: uuid.UUID, amount_micros: int, reason: str, actor: User
) -> Bonus:
    """Pay one bonus with its reason; the same key again returns the first. Raises InvalidInput, BudgetExhausted."""
    if not 0 < len(key) <= MAX_KEY or not 0 < len(reason.strip()) <= MAX_REASON or amount_micros <= 0:
        raise InvalidInput(
            f"a bonus needs a key (at most {MAX_KEY} characters), a reason (at most {MAX_REASON}), an amount above zero"
        )
    pay_rows(project=project, rows=[BonusRow(1, key, worker_uid, amount_micros, reason)], actor=actor, is_dry_run=False)
    return Bonus.objects.select_related("worker").get(project=project, key=key)


def pay_bonuses_csv(*, project: Project, text: str, actor: User, is_dry_run: bool) -> BonusesPaid:
    """Pay a CSV of bonuses, all or none; a dry run checks everything and pays nothing.

    Raises InvalidInput naming every bad line, BudgetExhausted. A file sent again pays what it has not yet paid.
    """
    rows, problems = read_bonus_rows(text)
    if problems:
        found = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InvalidInput(f"{found} in the file; nothing was paid", problems=tuple(problems[:100]))
    return pay_rows(project=project, rows=rows, actor=actor, is_dry_run=is_dry_run)


def pay_rows(*, project: Project, rows: Sequence[BonusRow], actor: User, is_dry_run: bool) -> BonusesPaid:
    """Pay rows, all or none, in a number of statements that does not grow with them one by one."""
    with transaction.atomic():
        lock_books(project.pk)
        now = timezone.now()
        workers = _workers(project, rows)
        before = _paid_before(project, rows)
        _check(rows, workers, before, actor)
        due = [row for row in rows if row.key not in before]
        total = sum(row.amount_micros for row in due)
        outcome = BonusesPaid(is_dry_run, len(due), total, len(before), _covers(project, total))
        if is_dry_run or not due:
            return outcome
        reserve(project=project, amount_micros=total)
        cost = account_of(project=project, kind=AccountKind.PROJECT_COST)
        people = sorted({workers[row.worker].pk for row in due})
        payable = accounts_of(project=project, kind=AccountKind.WORKER_PAYABLE, worker_ids=people)
        ids = post_many(
            project=project,
            postings=[
                Posting(
                    TransactionKind.BONUS,
                    f"bonus:{project.pk}:{row.key}",
                    row.reason,
                    ((cost, row.amount_micros), (payable[workers[row.worker].pk], -row.amount_micros)),
                )
                for row in due
            ],
            at=now,
        )
        Bonus.objects.bulk_create(
            [
                Bonus(
                    project=project,
                    worker=workers[row.worker],
                    key=row.key,
                    amount_micros=row.amount_micros,
                    reason=row.reason,
                    transaction_id=key,
                    created_by=actor,
                    created_at=now,
                )
                for key, row in zip(ids, due, strict=True)
            ],
            batch_size=CHUNK,
        )
        record_event(
            kind=EventKind.BONUS_PAID,
            project=project,
            actor=actor,
            detail={"bonuses": len(due), "amount_micros": total},
            at=now,
        )
        return outcome


def _workers(project: Project, rows: Sequence[BonusRow]) -> dict[uuid.UUID, Worker]:
    found: dict[uuid.UUID, Worker] = {}
    uids = list({row.worker for row in rows})
    for start in range(0, len(uids), CHUNK):
        people = Worker.objects.filter(kind=WorkerKind.HUMAN, enrolments__project=project)
        found |= {worker.uid: worker for worker in people.filter(uid__in=uids[start : start + CHUNK])}
    return found


def _paid_before(project: Project, rows: Sequence[BonusRow]) -> dict[str, Bonus]:
    found: dict[str, Bonus] = {}
    for start in range(0, len(rows), CHUNK):
        keys = [row.key for row in rows[start : start + CHUNK]]
        bonuses = Bonus.objects.select_related("worker").filter(project=project, key__in=keys)
        found |= {bonus.key: bonus for bonus in bonuses}
    return found


def _check(rows: Sequence[BonusRow], workers: dict[uuid.UUID, Worker], before: dict[str, Bonus], actor: User) -> None:
    problems = []
    for row in rows:
        worker, earlier = workers.get(row.worker), before.get(row.key)
        if worker is None:
            problems.append(FieldProblem(f"/csv/{row.line}/worker", "no such person works on this project"))
        elif worker.user_id == actor.pk:
            problems.append(FieldProblem(f"/csv/{row.line}/worker", "nobody pays a bonus to themselves"))
        elif earlier is not None and (earlier.worker_id, earlier.amount_micros, earlier.reason) != (
            worker.pk,
            row.amount_micros,
            row.reason,
        ):
            problems.append(FieldProblem(f"/csv/{row.line}/key", "this key paid another bonus; choose a new key"))
    if problems:
        raise InvalidInput(f"{len(problems)} problems in the rows; nothing was paid", problems=tuple(problems[:100]))


def _covers(project: Project, total_micros: int) -> bool:
    if project.budget_micros is None:
        return True
    left = BudgetShard.objects.filter(project=project).aggregate(left=Sum("left_micros"))["left"] or 0
    return bool(left >= total_micros)
