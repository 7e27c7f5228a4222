"""Reads what a level set by hand would do to a worker and to the project, with nothing written."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from crowd.enums import AssignmentState, PayState, TrustLevel
from crowd.models import Assignment, Enrolment, PayReview, Project
from crowd.policies.eligibility import daily_limit
from crowd.policies.trust_replay import FREEDOM
from crowd.queries.reopening import unreliable_answers
from crowd.queries.rules import requirements_of


@dataclass(frozen=True)
class LevelPreview:
    """``places``: answers whose places would be given to others, as far as the budget goes; 0 but for a suspension.

    ``held``: tasks in the worker's hands now, which stay there. ``pending_*``: pay under review, which stays under
    review. ``is_shut_out``: the project asks for other levels. ``begins_anew``: the test on golds starts afresh.
    """

    before: TrustLevel
    to: TrustLevel
    may_claim: bool
    daily_answers: int | None
    places: int
    held: int
    pending_answers: int
    pending_micros: int
    is_shut_out: bool
    begins_anew: bool


def preview_level(project: Project, enrolment: Enrolment, to: TrustLevel) -> LevelPreview:
    """What would follow from the level now; for a warning the level that there is."""
    before = TrustLevel(enrolment.trust_level)
    asked = requirements_of(project)
    mine = {"project": project, "worker": enrolment.worker}
    pending = PayReview.objects.filter(**mine, state=PayState.PENDING).aggregate(
        n=Count("id"), sum=Sum("amount_micros")
    )
    is_shut_out = asked is not None and bool(asked.trust_levels) and to not in asked.trust_levels
    is_suspension = to == TrustLevel.SUSPENDED and before != to
    return LevelPreview(
        before=before,
        to=to,
        may_claim=to != TrustLevel.SUSPENDED and not is_shut_out,
        daily_answers=daily_limit(daily_answers=None if asked is None else asked.daily_answers, trust_level=to),
        places=len(unreliable_answers(enrolment)) if is_suspension else 0,
        held=Assignment.objects.filter(**mine, state=AssignmentState.ACTIVE).count(),
        pending_answers=pending["n"],
        pending_micros=pending["sum"] or 0,
        is_shut_out=is_shut_out,
        begins_anew=FREEDOM[to] > FREEDOM[before],
    )
