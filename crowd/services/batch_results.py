"""Reads what a batch file brought into the rows of its calls, lists what it did not bring, books what it cost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from crowd.enums import CallBatchState, CallState, FailureReason
from crowd.models import RaterBatch, RaterCall
from crowd.raters.batch_files import ReplyLine
from crowd.raters.endpoint import count_of
from crowd.services.batch_filling import batch_key, discounted
from crowd.services.model_calls import TOKENS_PER_PRICE
from crowd.services.model_costs import release_model_cost, settle_model_cost

LINES = 200
# Why a call has no reply where the host's files do not say it, by how the batch ended.
UNSAID = {
    "expired": (FailureReason.EXPIRED, "the host's time for the batch was over before it came to this call"),
    "cancelled": (FailureReason.CANCELLED, "the batch was cancelled before it came to this call"),
}
MISSING = (FailureReason.MISSING, "the host ended the batch without a word about this call")


def keep_lines(*, batch: RaterBatch, lines: Iterable[ReplyLine], may_go_on: Callable[[], bool]) -> bool:
    """Keep replies and failures, each call's first one; False when it was stopped. Safe to repeat from the start."""
    waiting: list[ReplyLine] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == LINES:
            _keep(batch, waiting)
            waiting = []
            if not may_go_on():
                return False
    _keep(batch, waiting)
    return True


def end_batch(*, batch: RaterBatch, status: str) -> bool:
    """List the calls that got no reply, book what all cost, end the batch, at once; False when another had done so."""
    reason, detail = UNSAID.get(status, MISSING)
    now = timezone.now()
    with transaction.atomic():
        ended = RaterBatch.objects.filter(pk=batch.pk, state=CallBatchState.SUBMITTED).update(
            state=CallBatchState.ENDED, ended_at=now, remote_status=status
        )
        if not ended:
            return False
        calls = RaterCall.objects.filter(batch=batch)
        calls.filter(state=CallState.INTENDED).update(
            state=CallState.FAILED, error=reason, detail=detail, replied_at=now
        )
        cost = calls.aggregate(sum=Sum("cost_micros"))["sum"] or 0
        settle_model_cost(key=batch_key(batch), actual_micros=cost)
        return True


def put_back(*, batch: RaterBatch, detail: str) -> bool:
    """End a batch of which the host has taken nothing: its hold is given back, its calls are as if never written."""
    with transaction.atomic():
        over = [CallBatchState.ENDED, CallBatchState.REFUSED]
        ended = (
            RaterBatch.objects.filter(pk=batch.pk)
            .exclude(state__in=over)
            .update(state=CallBatchState.REFUSED, ended_at=timezone.now(), detail=detail)
        )
        if not ended:
            return False
        RaterCall.objects.filter(batch=batch, state=CallState.INTENDED).delete()
        release_model_cost(key=batch_key(batch))
        return True


def _keep(batch: RaterBatch, lines: list[ReplyLine]) -> None:
    by_uid = {found: line for line in reversed(lines) if (found := _uid(line.custom_id)) is not None}
    now = timezone.now()
    with transaction.atomic():
        calls = RaterCall.objects.filter(batch=batch, uid__in=by_uid, state=CallState.INTENDED).order_by("pk")
        for call in calls.select_for_update(no_key=True):
            _fill(batch, call, by_uid[call.uid])
            call.sent, call.replied_at = 1, now
            call.save(
                update_fields=[
                    "state", "reply", "error", "detail", "input_tokens", "output_tokens", "cost_micros", "sent",
                    "replied_at",
                ]
            )  # fmt: skip


def _fill(batch: RaterBatch, call: RaterCall, line: ReplyLine) -> None:
    if line.body is None:
        call.state, call.error, call.detail = CallState.FAILED, line.reason or FailureReason.MISSING, line.detail
        return
    rater = batch.rater
    usage = line.body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    sent, made = count_of(usage.get("prompt_tokens")), count_of(usage.get("completion_tokens"))
    call.state, call.reply = CallState.REPLIED, line.body
    call.input_tokens, call.output_tokens = sent, made or 0
    if sent is None:
        # Without counts what was held is booked: a cost of 0 would be a lie.
        call.cost_micros = call.reserved_micros
        return
    full = -(-(sent * rater.input_price_micros + (made or 0) * rater.output_price_micros) // TOKENS_PER_PRICE)
    call.cost_micros = discounted(full, discount_percent=batch.discount_percent)


def _uid(custom_id: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(custom_id)
    except ValueError:
        return None
