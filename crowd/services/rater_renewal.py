"""Renews a rater whose endpoint serves another model: a new rater with a record of its own takes over."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crowd.enums import CallState, EventKind, FailureReason, RaterRunKind, RaterRunState, WorkerKind
from crowd.errors import Conflict
from crowd.models import CachedVote, Rater, RaterBatch, RaterCall, RaterRun, ServedModel, User
from crowd.services.events import record_event
from crowd.services.model_calls import cost_key
from crowd.services.model_costs import release_model_cost
from crowd.services.rater_runs import launch_rater
from crowd.services.raters import renew_chat
from crowd.services.served_models import newest_other, served_by

MOST_TAKEN_OVER = 1_000


def renew_rater(*, rater: Rater, actor: User) -> Rater:
    """Set up the model that answers now as a rater of its own, in the shadow; launched if this one was.

    Replies of the new model that were paid for and not used become its own. Raises Conflict when no other model was
    seen to answer, or when the rater was renewed before.
    """
    other = newest_other(rater)
    if rater.kind != WorkerKind.LLM or other is None:
        raise Conflict("no other model was seen to answer for this rater: there is nothing to renew")
    if RaterBatch.objects.filter(rater=rater, ended_at__isnull=True).exists():
        raise Conflict("a batch of this rater is on its way; wait for it, or cancel it first")
    with transaction.atomic():
        was_launched = (
            RaterRun.objects.filter(rater=rater, kind=RaterRunKind.VOTES).exclude(state=RaterRunState.FINISHED).exists()
        )
        fresh = renew_chat(rater=rater, snapshot=str(other), actor=actor)
        ServedModel.objects.create(
            rater=fresh, name=other.name, fingerprint=other.fingerprint, is_own=True, seen_at=timezone.now()
        )
        _take_over(rater, fresh, other)
        record_event(
            kind=EventKind.RATER_RENEWED,
            project=rater.project,
            actor=actor,
            worker=fresh.worker,
            subject=fresh.uid,
            detail={"replaces": str(rater.uid), "serves": str(other)},
        )
        if was_launched:
            launch_rater(rater=fresh, actor=actor)
        return fresh


def _take_over(rater: Rater, fresh: Rater, other: ServedModel) -> None:
    used = CachedVote.objects.filter(rater=rater).values("payload_hash")
    unused = (
        RaterCall.objects.filter(rater=rater, state=CallState.REPLIED)
        .exclude(payload_hash__in=used)
        .exclude(part__contains="~")
        .order_by("-pk")
    )
    ids = [
        call.pk for call in unused[:MOST_TAKEN_OVER] if served_by(call.reply or {}) == (other.name, other.fingerprint)
    ]
    RaterCall.objects.filter(pk__in=ids).update(rater=fresh)
    # What the old one meant to ask and never will holds no budget.
    for call in RaterCall.objects.filter(rater=rater, state=CallState.INTENDED, batch__isnull=True):
        RaterCall.objects.filter(pk=call.pk).update(
            state=CallState.FAILED, error=FailureReason.CANCELLED, detail="another model took over"
        )
        release_model_cost(key=cost_key(call))
