"""Gives back the budget that is held for calls of models which nobody will end any more."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crowd.enums import CallState, CostState, EventKind
from crowd.models import ModelCost, RaterCall
from crowd.services.events import record_event
from crowd.services.model_calls import cost_key
from crowd.services.model_costs import release_model_cost

# A call that is wanted is taken up again within a minute of its process's death, and ends within minutes.
STALE_AFTER = timedelta(hours=1)
BATCH = 200
IN_THE_AIR = "its process died with it in the air: the endpoint may have charged for it, and nothing was booked"
NOT_SENT = "its process ended before it was sent or while it waited to be sent again; nothing was booked"


def release_stale_holds(*, now: datetime | None = None) -> int:
    """Give up calls that were left behind, each with its hold; returns how many. Safe to run twice, to be killed.

    Left behind: written down an hour ago or more, and no process has the lease of the run. A run that goes on takes
    its calls up long before that, unless their tasks are no longer wanted, it was paused, or it has ended. The call is
    put away under another name, so that a vote that is wanted later asks anew, with a hold of its own.
    """
    at = now or timezone.now()
    given_up = 0
    for call_id in list(_left_behind(at).order_by("id").values_list("id", flat=True)[:BATCH]):
        with transaction.atomic():
            # Read again under the lock: whoever took the run's lease meanwhile has taken the call up, or will ask anew.
            rows = _left_behind(at).select_for_update(no_key=True, of=("self",)).filter(pk=call_id)
            call = rows.select_related("rater__project", "rater__worker").first()
            if call is not None:
                _give_up(call, at)
                given_up += 1
    return given_up


def _left_behind(at: datetime) -> QuerySet[RaterCall]:
    rests = Q(run__leased_until__isnull=True) | Q(run__leased_until__lt=at)
    # Put away already, for its vote to be asked anew: no run looks at it again.
    is_put_away = Q(part__contains="~")
    # A call in a batch file waits for a day, and its hold is the file's.
    old = RaterCall.objects.filter(state=CallState.INTENDED, batch__isnull=True, created_at__lt=at - STALE_AFTER)
    return old.filter(rests | is_put_away)


def _give_up(call: RaterCall, at: datetime) -> None:
    was_in_the_air = call.sent > 0 and not call.error
    part = call.part if "~" in call.part else f"{call.part}~{uuid.uuid4().hex[:8]}"
    RaterCall.objects.filter(pk=call.pk).update(
        state=CallState.FAILED, part=part, detail=IN_THE_AIR if was_in_the_air else NOT_SENT, replied_at=at
    )
    key = cost_key(call)
    if ModelCost.objects.filter(key=key, state=CostState.HELD).exists():
        release_model_cost(key=key)
    record_event(
        kind=EventKind.HOLD_RELEASED,
        project=call.rater.project,
        worker=call.rater.worker,
        subject=call.rater.uid,
        detail={"call": str(call.uid), "reserved_micros": call.reserved_micros, "was_in_the_air": was_in_the_air},
        at=at,
    )
