"""Takes a rater's batch file from step to step: each is written down so that a kill neither loses nor repeats one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.utils import timezone

from crowd.enums import CallBatchState, CallState
from crowd.errors import BudgetExhausted
from crowd.models import RaterBatch, RaterCall, RaterRun, Task
from crowd.policies.call_pacing import MAX_SENT, pause_before
from crowd.raters.batch_files import (
    OVER,
    CannotTell,
    RemoteBatch,
    ReplyLine,
    cancel_batch,
    delete_file,
    download_lines,
    find_batch,
    find_file,
    look_at_batch,
    submit_batch,
    upload_file,
)
from crowd.raters.chat import ChatPlan
from crowd.raters.endpoint import CallFailed, Endpoint
from crowd.services.batch_filling import fill_batch, lines_of, unfinished_batch
from crowd.services.batch_results import end_batch, keep_lines, put_back
from crowd.services.served_models import check_served

T = TypeVar("T")
LOOK_SECONDS = 2.0
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=5)
# What is not on the host's list so long after the last request for it could have ended never arrived.
MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """Why a run with a batch goes no further now: it waits, or it is paused with a code and a sentence."""

    wait: timedelta = timedelta(0)
    code: str = ""
    reason: str = ""


class _Stopped(Exception):
    """The run was paused, or taken by another, while a request was in the air."""


@dataclass(frozen=True)
class _Desk:
    batch: RaterBatch
    plan: ChatPlan
    endpoint: Endpoint
    may_go_on: Callable[[], bool]


def work_on_batch(
    *,
    run: RaterRun,
    plan: ChatPlan,
    endpoint: Endpoint,
    is_needed: bool,
    also: Task | None,
    may_go_on: Callable[[], bool],
) -> Stand | None:
    """Bring the batch that is on its way as far as it goes; without one, send one where ``is_needed``.

    None: nothing is on its way, and what came back is in the rows of the calls.
    """
    try:
        batch = unfinished_batch(run)
        if batch is None and is_needed:
            batch = fill_batch(run=run, plan=plan, also=also, may_go_on=may_go_on)
    except BudgetExhausted:
        return Stand(code="over_budget", reason="the project's budget does not cover one more task of this model")
    if batch is None:
        return None
    if batch.run_id != run.pk:
        RaterBatch.objects.filter(pk=batch.pk).update(run=run)
    desk = _Desk(batch, plan, endpoint, may_go_on)
    try:
        stand = _step(desk)
    except CannotTell as error:
        if batch.cancel_asked_at:
            return _put_back(batch, "cancelled; whether the host has taken it cannot be told, and it may charge for it")
        return Stand(code="batch_unknown", reason=_unknown(str(error)))
    except CallFailed as failure:
        return _stumble(desk, failure)
    except _Stopped:
        return Stand()
    RaterBatch.objects.filter(pk=batch.pk, stumbles__gt=0).update(stumbles=0)
    return stand


def _step(desk: _Desk) -> Stand | None:
    batch = desk.batch
    if batch.state == CallBatchState.PREPARED:
        if batch.cancel_asked_at:
            return _put_back(batch)
        _upload(desk)
    if batch.state == CallBatchState.UPLOADED:
        if batch.cancel_asked_at and batch.submit_began_at is None:
            return _put_back(batch)
        stand = _submit(desk)
        if stand is not None:
            return stand
    return _look(desk)


def _upload(desk: _Desk) -> None:
    batch = desk.batch
    name = f"assay-{batch.uid}.jsonl"
    file = None
    if batch.upload_began_at is not None:
        try:
            file = _in_the_air(desk, lambda: find_file(desk.endpoint, name=name))
        except CannotTell:
            file = None  # a file that is there twice is submitted once, and costs nothing
    if file is None:
        _note(batch, upload_began_at=timezone.now())
        lines = lines_of(batch, desk.plan)
        file = _in_the_air(desk, lambda: upload_file(desk.endpoint, name=name, lines=lines))
    _note(batch, state=CallBatchState.UPLOADED, input_file=file)


def _submit(desk: _Desk) -> Stand | None:
    batch, uid = desk.batch, str(desk.batch.uid)
    found: RemoteBatch | None = None
    if batch.submit_began_at is not None:
        found = _in_the_air(desk, lambda: find_batch(desk.endpoint, input_file=batch.input_file, uid=uid))
        # The request may still be in the air, or not be on the list yet: only a long silence means that it was lost.
        sure_at = batch.submit_began_at + 2 * timedelta(seconds=desk.endpoint.timeout_seconds) + MARGIN
        if found is None and timezone.now() < sure_at:
            return Stand(wait=sure_at - timezone.now())
        if found is None and batch.cancel_asked_at:
            return _put_back(batch)
    if found is None:
        _note(batch, submit_began_at=timezone.now())
        found = _in_the_air(desk, lambda: submit_batch(desk.endpoint, input_file=batch.input_file, uid=uid))
    _note(
        batch,
        state=CallBatchState.SUBMITTED,
        remote_id=found.remote_id,
        remote_status=found.status,
        submitted_at=timezone.now(),
        expires_at=found.expires_at,
    )
    return None


def _look(desk: _Desk) -> Stand | None:
    batch = desk.batch
    remote = _in_the_air(desk, lambda: look_at_batch(desk.endpoint, batch.remote_id))
    if batch.cancel_asked_at and not batch.cancel_sent_at and remote.status not in OVER:
        remote = _in_the_air(desk, lambda: cancel_batch(desk.endpoint, batch.remote_id))
        _note(batch, cancel_sent_at=timezone.now())
    _note(
        batch,
        remote_status=remote.status,
        completed=remote.completed,
        failed=remote.failed,
        expires_at=remote.expires_at or batch.expires_at,
    )
    if remote.status not in OVER:
        waited = timezone.now() - (batch.submitted_at or batch.created_at)
        return Stand(wait=min(LATEST, max(SOONEST, waited / 10)))
    if remote.status == "failed":
        reason = remote.problems or "the host gives no reason"
        put_back(batch=batch, detail=reason)
        return Stand(code="batch_refused", reason=f"the host refused the batch file: {reason}")
    files = [file for file in (remote.output_file, remote.error_file) if file]
    for file in files:
        lines = _in_the_air(desk, partial(_download, desk.endpoint, file))
        if not keep_lines(batch=batch, lines=lines, may_go_on=desk.may_go_on):
            raise _Stopped
    end_batch(batch=batch, status=remote.status)
    _forget(desk, [batch.input_file, *files])
    # Another model demotes the rater here, before any vote is made of what it said.
    check_served(rater=batch.rater, replies=_replies(batch))
    return Stand(code="batch_cancelled", reason="the batch was cancelled") if batch.cancel_asked_at else None


def _replies(batch: RaterBatch) -> Iterator[dict[str, object]]:
    for call in RaterCall.objects.filter(batch=batch, state=CallState.REPLIED).only("reply").iterator(chunk_size=500):
        yield call.reply or {}


def _download(endpoint: Endpoint, file: str) -> list[ReplyLine]:
    return list(download_lines(endpoint, file))


def _forget(desk: _Desk, files: list[str]) -> None:
    """Have the host delete the texts and what was made of them; it is no matter if it does not."""
    for file in files:
        try:
            _in_the_air(desk, partial(delete_file, desk.endpoint, file))
        except CallFailed:
            continue


def _put_back(batch: RaterBatch, detail: str = "cancelled before it was sent; nothing was asked") -> Stand:
    put_back(batch=batch, detail=detail)
    return Stand(code="batch_cancelled", reason=f"the batch was {detail}")


def _stumble(desk: _Desk, failure: CallFailed) -> Stand:
    """What a failed request means: patience, or a pause; a file that the host will not take is put back."""
    batch = desk.batch
    if not failure.is_transient:
        # Refused by the host itself, so it has not begun. A batch that it has taken is only paused.
        if batch.state != CallBatchState.SUBMITTED and failure.status is not None:
            put_back(batch=batch, detail=failure.detail)
            return Stand(code="batch_refused", reason=f"the host refused the batch file: {failure.detail}")
        if batch.cancel_asked_at and batch.state == CallBatchState.SUBMITTED:
            _note(batch, detail=f"cancelled; the host does not say how it stood, and may charge: {failure.detail}")
            end_batch(batch=batch, status="cancelled")
            return Stand(code="batch_cancelled", reason=batch.detail)
        return Stand(code="batch_unknown", reason=_unknown(failure.detail))
    _note(batch, stumbles=batch.stumbles + 1)
    if batch.stumbles >= MAX_SENT:
        _note(batch, stumbles=0)
        return Stand(code="endpoint_fails", reason=f"{MAX_SENT} requests in a row failed; the last: {failure.detail}")
    pause = pause_before(sent=batch.stumbles, retry_after=failure.retry_after, jitter=random.random())
    return Stand(wait=timedelta(seconds=pause))


def _unknown(detail: str) -> str:
    return (
        f"the host does not say how the batch stands ({detail}). Resume to ask again; "
        "nothing is sent twice until it answers"
    )


def _note(batch: RaterBatch, **changes: object) -> None:
    RaterBatch.objects.filter(pk=batch.pk).update(**changes)
    for name, value in changes.items():
        setattr(batch, name, value)


def _in_the_air(desk: _Desk, request: Callable[[], T]) -> T:
    """A request in another thread, while this one keeps the lease; only the network is touched by the other.

    Nothing is begun once the run is paused or lost; what was begun is brought to its end and written down.
    """
    if not desk.may_go_on():
        raise _Stopped
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="assay-batch") as pool:
        future = pool.submit(request)
        while True:
            done, _ = wait([future], timeout=LOOK_SECONDS)
            if done:
                break
            desk.may_go_on()
        return future.result()
