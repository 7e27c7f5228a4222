"""Reads how a worker stands, for that worker's own eyes: skill with its evidence, trust, decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from crowd.enums import TrustLevel
from crowd.models import Answer, Enrolment, Project, Restitution, TrustAppeal, TrustChange, Worker
from crowd.policies.pay import DEFAULT_TERMS
from crowd.policies.standing import STEP, disclosed_answers
from crowd.policies.trust_replay import CONTESTABLE, FREEDOM
from quality.skill.gold import SkillEstimate, accuracy_posterior


@dataclass(frozen=True)
class Decision:
    """A change of trust, with the appeal against it if there is one, and whether one may be made now."""

    change: TrustChange
    appeal: TrustAppeal | None
    may_be_appealed: bool


@dataclass(frozen=True)
class Standing:
    """A worker on one project. ``skill`` is None until a gold answer is among the ``counted`` first answers."""

    project: Project
    enrolment: Enrolment
    answered: int
    counted: int
    skill: SkillEstimate | None
    changes: list[Decision]

    @property
    def step(self) -> int:
        """After how many answers the skill shown moves again."""
        return STEP


def standings_of(worker: Worker) -> list[Standing]:
    """The worker on every project, newest enrolment first, changes newest first; four queries.

    The skill is that of the first answers up to a round number: which task was gold cannot be read off its changes.
    A rule's warning shows up with the next round number, for the same reason; what stops the work shows up at once.
    """
    scores: dict[int, list[bool | None]] = defaultdict(list)
    disclosed_at: dict[int, datetime] = {}
    for project_id, is_correct, created_at in (
        Answer.objects.filter(worker=worker)
        .order_by("id")
        .values_list("project_id", "is_correct", "created_at")
        .iterator()
    ):
        scores[project_id].append(is_correct)
        if disclosed_answers(len(scores[project_id])) == len(scores[project_id]):
            disclosed_at[project_id] = created_at
    changes: dict[int, list[Decision]] = defaultdict(list)
    rows = TrustChange.objects.filter(worker=worker).select_related("appeal", "project__pay_terms").order_by("-id")
    overturned = set(Restitution.objects.filter(change__worker=worker).values_list("change", flat=True))
    for change in rows:
        if not _is_early(change, disclosed_at.get(change.project_id)):
            appeal = getattr(change, "appeal", None)
            is_open = appeal is None and change.pk not in overturned and _may_appeal(change)
            changes[change.project_id].append(Decision(change, appeal, is_open))
    return [
        _standing(row, scores[row.project_id], changes[row.project_id])
        for row in Enrolment.objects.filter(worker=worker).select_related("project").order_by("-id")
    ]


def _may_appeal(change: TrustChange) -> bool:
    before, to = TrustLevel(change.from_level), TrustLevel(change.to_level)
    terms = getattr(change.project, "pay_terms", None)
    days = DEFAULT_TERMS.appeal_days if terms is None else terms.appeal_days
    is_burden = to in CONTESTABLE and FREEDOM[to] < FREEDOM[before]
    return is_burden and change.created_at + timedelta(days=days) >= timezone.now()


def _is_early(change: TrustChange, disclosed_at: datetime | None) -> bool:
    is_rules_warning = change.from_level == change.to_level and change.actor_id is None
    return is_rules_warning and (disclosed_at is None or change.created_at > disclosed_at)


def _standing(enrolment: Enrolment, scores: Sequence[bool | None], changes: list[Decision]) -> Standing:
    counted = disclosed_answers(len(scores))
    right, wrong = scores[:counted].count(True), scores[:counted].count(False)
    skill = accuracy_posterior(right, wrong) if right + wrong else None
    return Standing(enrolment.project, enrolment, len(scores), counted, skill, changes)
