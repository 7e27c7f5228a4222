"""Fills a batch file: writes its calls down and holds what all of them may cost, before anything is sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import CallBatchState, CallState, FailureReason
from crowd.errors import BudgetExhausted
from crowd.models import CachedVote, RaterBatch, RaterCall, RaterRun, Task
from crowd.queries.rater_tasks import tasks_to_ask
from crowd.queries.raters import MOST_IN_FILE
from crowd.raters.batch_files import request_line
from crowd.raters.chat import ChatPlan, Part, parts_of
from crowd.raters.verdicts import hash_payload
from crowd.services.model_calls import cost_key, most_cost_micros
from crowd.services.model_costs import release_model_cost, reserve_model_cost
from crowd.services.model_votes import suspicions_of

# Hosts take files five times as large.
MOST_BYTES = 40 * 1024 * 1024
CHUNK = 500


def batch_key(batch: RaterBatch) -> str:
    """The name under which the cost of a batch file is held and booked."""
    return f"batch:{batch.uid}"


def discounted(cost_micros: int, *, discount_percent: int) -> int:
    """A price in a batch file, rounded up."""
    return -(-cost_micros * (100 - discount_percent) // 100)


def unfinished_batch(run: RaterRun) -> RaterBatch | None:
    """The file of this rater that is on its way."""
    over = [CallBatchState.ENDED, CallBatchState.REFUSED]
    return RaterBatch.objects.filter(rater=run.rater).exclude(state__in=over).select_related("rater__project").first()


def fill_batch(*, run: RaterRun, plan: ChatPlan, also: Task | None, may_go_on: Callable[[], bool]) -> RaterBatch | None:
    """Write down a file about the tasks to come, ``also`` among them; None where there is nothing to ask.

    As many tasks as the budget covers. Raises BudgetExhausted when that is none; nothing is left behind then.
    """
    wanted: list[tuple[Task, list[Part]]] = []
    asked: set[str] = set()
    size = calls = 0
    shown = {hash_payload(shot.payload) for shot in plan.shots}
    for tasks in _chunks(run, also):
        if not may_go_on():
            return None
        hashes = {task.pk: hash_payload(task.payload) for task in tasks}
        known = set(
            CachedVote.objects.filter(rater=run.rater, payload_hash__in=hashes.values()).values_list(
                "payload_hash", flat=True
            )
        )
        over = set(
            RaterCall.objects.filter(rater=run.rater, payload_hash__in=hashes.values())
            .exclude(state=CallState.INTENDED)
            .values_list("payload_hash", "part")
        )
        for task in tasks:
            payload_hash = hashes[task.pk]
            if payload_hash in known or payload_hash in asked or payload_hash in shown:
                continue
            parts = [part for part in call_parts(plan, task) if (payload_hash, part.name) not in over]
            bytes_more = sum(len(request_line("", part.body)) + 64 for part in parts)
            if wanted and (calls + len(parts) > MOST_IN_FILE or size + bytes_more > MOST_BYTES):
                return _store(run, wanted)
            if parts:
                asked.add(payload_hash)
                wanted.append((task, parts))
                calls, size = calls + len(parts), size + bytes_more
    return _store(run, wanted) if wanted else None


def lines_of(batch: RaterBatch, plan: ChatPlan) -> list[bytes]:
    """The file as it is uploaded, made anew from rows: the same after a kill as before it."""
    uids = {
        (call.payload_hash, call.part): str(call.uid)
        for call in RaterCall.objects.filter(batch=batch, state=CallState.INTENDED).only("payload_hash", "part", "uid")
    }
    lines = []
    for task in Task.objects.filter(pk__in=batch.task_ids).order_by("pk"):
        payload_hash = hash_payload(task.payload)
        for part in call_parts(plan, task):
            uid = uids.pop((payload_hash, part.name), None)
            if uid is not None:
                lines.append(request_line(uid, part.body))
    return lines


def call_parts(plan: ChatPlan, task: Task) -> list[Part]:
    """The calls that a task takes."""
    return parts_of(plan, task.payload, is_suspect=bool(suspicions_of(task.payload, plan.words)))


def _chunks(run: RaterRun, also: Task | None) -> Iterator[list[Task]]:
    if also is not None:
        yield [also]
    yield from tasks_to_ask(run.rater, chunk=CHUNK)


def _store(run: RaterRun, wanted: list[tuple[Task, list[Part]]]) -> RaterBatch:
    while True:
        try:
            return _hold(run, wanted)
        except BudgetExhausted:
            if len(wanted) == 1:
                raise
            wanted = wanted[: len(wanted) // 2]


def _hold(run: RaterRun, wanted: list[tuple[Task, list[Part]]]) -> RaterBatch:
    rater, now = run.rater, timezone.now()
    percent = rater.batch_discount_percent
    with transaction.atomic():
        batch = RaterBatch(uid=uuid.uuid4(), rater=rater, run=run, discount_percent=percent, created_at=now)
        rows = [
            RaterCall(
                rater=rater,
                run=run,
                payload_hash=hash_payload(task.payload),
                part=part.name,
                fence=run.fence,
                reserved_micros=discounted(most_cost_micros(rater, part.body), discount_percent=percent),
                created_at=now,
            )
            for task, parts in wanted
            for part in parts
        ]
        batch.reserved_micros = sum(row.reserved_micros for row in rows)
        batch.task_ids, batch.calls_made = [task.pk for task, _ in wanted], len(rows)
        reserve_model_cost(
            project=rater.project, worker=rater.worker, amount_micros=batch.reserved_micros, key=batch_key(batch)
        )
        batch.save(force_insert=True)
        _write_calls(batch, rows, now)
        return batch


def _write_calls(batch: RaterBatch, rows: list[RaterCall], now: datetime) -> None:
    """The calls, those among them that were written down before and never answered."""
    earlier = {
        (call.payload_hash, call.part): call
        for call in RaterCall.objects.filter(rater=batch.rater, state=CallState.INTENDED, batch__isnull=True)
    }
    for row in rows:
        row.batch = batch
        call = earlier.get((row.payload_hash, row.part))
        if call is not None:
            # Put away with what was held for it: the file asks anew. If it was in the air, it is asked twice.
            row.is_repeated = call.is_repeated or (call.sent > 0 and not call.error)
            put_away = {"state": CallState.FAILED, "error": FailureReason.CANCELLED, "replied_at": now}
            RaterCall.objects.filter(pk=call.pk).update(part=f"{call.part}~{uuid.uuid4().hex[:8]}", **put_away)
            release_model_cost(key=cost_key(call))
    RaterCall.objects.bulk_create(rows, batch_size=CHUNK)
