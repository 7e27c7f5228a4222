"""What a run's rater has at hand: its plan and endpoint, the calls it still needs, what it makes of a payload."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from crowd.enums import FailureReason, RaterRunState, WorkerKind
from crowd.models import CachedVote, Rater, RaterRun, Task
from crowd.raters.chat import ChatPlan, Part, parts_of
from crowd.raters.endpoint import Endpoint
from crowd.raters.verdicts import LocalRater, RatingFailed, Verdict, hash_payload
from crowd.services.model_calls import Wanted, make_calls
from crowd.services.model_votes import Failure, cached_vote, keep_verdict, read_calls, suspicions_of
from crowd.services.rater_batches import work_on_batch
from crowd.services.rater_setup import endpoint_of, local_rater_of, plan_of

LEASE = timedelta(seconds=15)
RENEW_SECONDS = 3.0


class Stop(Exception):
    """The slice is over: paused by us with a code, or by others with none."""

    def __init__(self, code: str = "", reason: str = "", *, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.wait = code, reason, wait


@dataclass
class Desk:
    """A run at work, with what its rater needs."""

    run: RaterRun
    rater: Rater
    ends_at: float
    renewed_at: float
    plan: ChatPlan | None = None
    endpoint: Endpoint | None = None
    local: LocalRater | None = None
    in_a_row: int = 0
    # Why no more calls may be made, once that is known; verdicts that are there are still handed in.
    stop: tuple[str, str] | None = None


def goes_on(desk: Desk) -> bool:
    """Whether the run is still ours and running; renews the lease now and then."""
    if time.monotonic() - desk.renewed_at < RENEW_SECONDS:
        return True
    desk.renewed_at = time.monotonic()
    return bool(
        RaterRun.objects.filter(pk=desk.run.pk, fence=desk.run.fence, state=RaterRunState.RUNNING).update(
            leased_until=timezone.now() + LEASE
        )
    )


def set_up(desk: Desk) -> None:
    """Read what the rater needs. Raises CallFailed, RatingFailed."""
    if desk.rater.kind == WorkerKind.LLM:
        desk.plan, desk.endpoint = plan_of(desk.rater), endpoint_of(desk.rater)
    else:
        desk.local = local_rater_of(desk.rater)


def bring_batch(desk: Desk, *, is_needed: bool = False, also: Task | None = None) -> None:
    """Take the batch file that is on its way as far as it goes, or send one; stops the slice while it is out."""
    if desk.plan is None or desk.endpoint is None or not desk.rater.is_batched:
        return
    may_go_on: Callable[[], bool] = lambda: goes_on(desk)  # noqa: E731
    stand = work_on_batch(
        run=desk.run,
        plan=desk.plan,
        endpoint=desk.endpoint,
        is_needed=is_needed,
        also=also,
        may_go_on=may_go_on,
    )
    if stand is not None:
        raise Stop(stand.code, stand.reason, wait=stand.wait)


def look_up(desk: Desk, payloads: list[Any]) -> None:
    """Make the calls that these payloads still need, several at once."""
    if desk.plan is None or desk.endpoint is None:
        return
    wanted: dict[tuple[str, str], Wanted] = {}
    for payload in payloads:
        payload_hash = hash_payload(payload)
        if _refusal(desk, payload) is None and cached_vote(desk.rater, payload_hash) is None:
            for part in _parts(desk.plan, payload):
                wanted[(payload_hash, part.name)] = Wanted(payload_hash, part)
    if not wanted:
        return
    may_go_on: Callable[[], bool] = lambda: goes_on(desk)  # noqa: E731
    outcome = make_calls(
        run=desk.run, rater=desk.rater, endpoint=desk.endpoint, wanted=list(wanted.values()), may_go_on=may_go_on
    )
    desk.stop = outcome.stop
    if desk.stop is not None and desk.stop[0] == "snapshot_changed":
        raise Stop(*desk.stop)
    if outcome.wait_seconds:
        raise Stop(wait=timedelta(seconds=outcome.wait_seconds))


def outcome_of(desk: Desk, payload: Any) -> CachedVote | Failure | None:
    """What the rater makes of a payload, from the cache, its rows or by itself; None while calls are missing."""
    payload_hash = hash_payload(payload)
    refused = _refusal(desk, payload)
    if refused is not None:
        return refused
    kept = cached_vote(desk.rater, payload_hash)
    if kept is not None:
        return kept
    if desk.plan is not None:
        return read_calls(rater=desk.rater, payload_hash=payload_hash, parts=_parts(desk.plan, payload))
    assert desk.local is not None
    try:
        verdict: Verdict = desk.local.rate(payload)
    except RatingFailed as failure:
        return Failure(failure.reason, failure.detail)
    return keep_verdict(rater=desk.rater, payload_hash=payload_hash, verdict=verdict)


def _refusal(desk: Desk, payload: Mapping[str, Any]) -> Failure | None:
    """Why a payload is not even asked about: the prompt shows it with its label."""
    if desk.plan is None:
        return None
    shown = {hash_payload(shot.payload) for shot in desk.plan.shots}
    if hash_payload(payload) in shown:
        return Failure(FailureReason.IS_EXAMPLE, "the prompt shows this text as an example, with its label")
    return None


def _parts(plan: ChatPlan, payload: Mapping[str, Any]) -> list[Part]:
    return parts_of(plan, payload, is_suspect=bool(suspicions_of(payload, plan.words)))
