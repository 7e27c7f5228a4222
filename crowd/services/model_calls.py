"""Makes the calls of an endpoint: written down before, paid for once, answered in rows before anything else."""

from __future__ import annotations

import heapq
import itertools
import random
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import CallState, FailureReason
from crowd.errors import BudgetExhausted
from crowd.models import Rater, RaterCall, RaterRun
from crowd.policies.call_pacing import LONGEST_WAIT_IN_HAND, MAX_SENT, pause_before
from crowd.raters.chat import Part, guess_tokens, most_tokens
from crowd.raters.endpoint import CallFailed, Endpoint, Reply
from crowd.services.call_buckets import correct, take
from crowd.services.model_costs import release_model_cost, reserve_model_cost, settle_model_cost
from crowd.services.served_models import SnapshotChanged, check_served

# How often the main thread looks whether it may go on, while calls are in the air.
LOOK_SECONDS = 2.0
TOKENS_PER_PRICE = 1_000_000


@dataclass(frozen=True)
class Wanted:
    """A call to make for a payload."""

    payload_hash: str
    part: Part


@dataclass
class Outcome:
    """How a round of calls ended. ``stop``: why the run cannot go on, as a code and a sentence, with a pause."""

    stop: tuple[str, str] | None = None
    wait_seconds: float = 0.0


def make_calls(
    *,
    run: RaterRun,
    rater: Rater,
    endpoint: Endpoint,
    wanted: Sequence[Wanted],
    may_go_on: Callable[[], bool],
) -> Outcome:
    """Make the calls that have no reply yet, several at once; returns when all have ended or nothing more may start.

    Only the network is touched by other threads: every row is written here. A call that is in the air when the run is
    paused is waited for, because it is paid for.
    """
    outcome = Outcome()
    order = itertools.count()
    queue: list[tuple[float, int, Wanted, RaterCall]] = []
    for want in wanted:
        try:
            call = _intend(run, rater, want)
        except BudgetExhausted:
            outcome.stop = ("over_budget", "the project's budget does not cover one more call of this model")
            break
        if call is not None:
            heapq.heappush(queue, (0.0, next(order), want, call))
    flying: dict[Future[Reply], tuple[Wanted, RaterCall, int]] = {}
    with ThreadPoolExecutor(max_workers=rater.concurrency, thread_name_prefix="assay-call") as pool:
        while queue or flying:
            if (outcome.stop is not None and outcome.stop[0] == "snapshot_changed") or not may_go_on():
                queue.clear()
            while queue and len(flying) < rater.concurrency and queue[0][0] <= time.monotonic():
                _, _, want, call = heapq.heappop(queue)
                tokens = guess_tokens(want.part.body) + want.part.body["max_tokens"]
                delay = take(rater=rater, tokens=tokens)
                if delay > 0:
                    heapq.heappush(queue, (time.monotonic() + delay, next(order), want, call))
                    break
                _count_sending(call)
                flying[pool.submit(endpoint.chat, want.part.body, idempotency_key=str(call.uid))] = (want, call, tokens)
            if not flying:
                if queue:
                    ahead = queue[0][0] - time.monotonic()
                    if ahead > LONGEST_WAIT_IN_HAND:
                        # Not sat out by a worker: the rows wait, and the run is looked at again.
                        outcome.wait_seconds = ahead
                        break
                    time.sleep(min(LOOK_SECONDS, max(0.0, ahead)))
                continue
            done, _ = wait(flying, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                want, call, tokens = flying.pop(future)
                try:
                    pause = _land(rater, call, future, tokens)
                except SnapshotChanged as change:
                    # What is in the air is paid for and waited for; nothing more is asked.
                    outcome.stop, pause = ("snapshot_changed", change.detail), None
                    queue.clear()
                if pause is not None:
                    heapq.heappush(queue, (time.monotonic() + pause, next(order), want, call))
    return outcome


def most_cost_micros(rater: Rater, body: dict[str, Any]) -> int:
    """More than a call can cost, rounded up: what is set aside for it."""
    sent: int = most_tokens(body) * rater.input_price_micros + body["max_tokens"] * rater.output_price_micros
    return -(-sent // TOKENS_PER_PRICE)


def cost_key(call: RaterCall) -> str:
    """The name under which the cost of a call is held and booked."""
    return f"call:{call.uid}"


def _intend(run: RaterRun, rater: Rater, want: Wanted) -> RaterCall | None:
    """The call's row with its budget held, made or found; None where it has ended already."""
    amount = most_cost_micros(rater, want.part.body)
    same = RaterCall.objects.filter(rater=rater, payload_hash=want.payload_hash, part=want.part.name)
    call = same.first()
    try:
        with transaction.atomic():
            if call is None:
                call = RaterCall.objects.create(
                    rater=rater,
                    run=run,
                    payload_hash=want.payload_hash,
                    part=want.part.name,
                    fence=run.fence,
                    reserved_micros=amount,
                    created_at=timezone.now(),
                )
            elif call.state != CallState.INTENDED:
                return None
            elif call.fence != run.fence:
                # A process died with it, or put it aside. If it was sent, the endpoint may have answered: the same
                # idempotency key goes along again, and the row says that it was asked twice.
                was_in_the_air = call.sent > 0 and not call.error
                changed = same.filter(state=CallState.INTENDED, fence=call.fence).update(
                    run=run, fence=run.fence, is_repeated=call.is_repeated or was_in_the_air
                )
                if not changed:
                    return None
                call.refresh_from_db()
            reserve_model_cost(
                project=rater.project, worker=rater.worker, amount_micros=call.reserved_micros, key=cost_key(call)
            )
    except IntegrityError:
        return None  # another process wrote the same intent a moment ago, and makes the call
    return call


def _count_sending(call: RaterCall) -> None:
    # No error: the call is in the air. What a dead process leaves like this may have been answered.
    RaterCall.objects.filter(pk=call.pk).update(sent=F("sent") + 1, error="")
    call.sent += 1


def _land(rater: Rater, call: RaterCall, future: Future[Reply], guessed: int) -> float | None:
    """Store what a call brought; the pause before it is tried again, None when it has ended."""
    try:
        reply = future.result()
    except CallFailed as failure:
        if failure.is_transient and call.sent < MAX_SENT:
            RaterCall.objects.filter(pk=call.pk).update(error=failure.reason, detail=failure.detail)
            return pause_before(sent=call.sent, retry_after=failure.retry_after, jitter=random.random())
        _store_failure(call, failure)
        return None
    _store_reply(rater, call, reply, guessed)
    check_served(rater=rater, replies=[reply.body])
    return None


def _store_reply(rater: Rater, call: RaterCall, reply: Reply, guessed: int) -> None:
    # Without counts from the endpoint the guess stands, and is booked: a cost of 0 would be a lie.
    sent = guessed if reply.input_tokens is None else reply.input_tokens
    made = reply.output_tokens or 0
    cost = -(-(sent * rater.input_price_micros + made * rater.output_price_micros) // TOKENS_PER_PRICE)
    with transaction.atomic():
        stored = RaterCall.objects.filter(pk=call.pk, state=CallState.INTENDED).update(
            state=CallState.REPLIED,
            reply=reply.body,
            input_tokens=sent,
            output_tokens=made,
            cost_micros=cost,
            latency_seconds=reply.latency_seconds,
            replied_at=timezone.now(),
        )
        if stored:
            settle_model_cost(key=cost_key(call), actual_micros=cost)
    correct(rater=rater, guessed=guessed, actual=sent + made)


def _store_failure(call: RaterCall, failure: CallFailed) -> None:
    detail = failure.detail
    if failure.reason == FailureReason.TIMEOUT:
        detail += "; the endpoint may have charged for it all the same, and nothing was booked"
    with transaction.atomic():
        stored = RaterCall.objects.filter(pk=call.pk, state=CallState.INTENDED).update(
            state=CallState.FAILED, error=failure.reason, detail=detail, replied_at=timezone.now()
        )
        if stored:
            release_model_cost(key=cost_key(call))


def reset_calls(*, rater: Rater, payload_hash: str) -> None:
    """Put the calls of a payload away, under other names, so that the next vote asks anew and nothing is forgotten."""
    for call in RaterCall.objects.filter(rater=rater, payload_hash=payload_hash).exclude(part__contains="~"):
        RaterCall.objects.filter(pk=call.pk).update(part=f"{call.part}~{uuid.uuid4().hex[:8]}")
