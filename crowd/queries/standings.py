"""Reads how a worker stands, for that worker's own eyes: skill with its evidence, trust, decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crowd.models import Answer, Enrolment, Project, TrustChange, Worker
from crowd.policies.standing import STEP, disclosed_answers
from quality.skill.gold import SkillEstimate, accuracy_posterior


@dataclass(frozen=True)
class Standing:
    """A worker on one project. ``skill`` is None until a gold answer is among the ``counted`` first answers."""

    project: Project
    enrolment: Enrolment
    answered: int
    counted: int
    skill: SkillEstimate | None
    changes: list[TrustChange]

    @property
    def step(self) -> int:
        """After how many answers the skill shown moves again."""
        return STEP


def standings_of(worker: Worker) -> list[Standing]:
    """The worker on every project, newest enrolment first, changes newest first; three queries.

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
    changes: dict[int, list[TrustChange]] = defaultdict(list)
    for change in TrustChange.objects.filter(worker=worker).order_by("-id"):
        if not _is_early(change, disclosed_at.get(change.project_id)):
            changes[change.project_id].append(change)
    return [
        _standing(row, scores[row.project_id], changes[row.project_id])
        for row in Enrolment.objects.filter(worker=worker).select_related("project").order_by("-id")
    ]


def _is_early(change: TrustChange, disclosed_at: datetime | None) -> bool:
    is_rules_warning = change.from_level == change.to_level and change.actor_id is None
    return is_rules_warning and (disclosed_at is None or change.created_at > disclosed_at)


def _standing(enrolment: Enrolment, scores: Sequence[bool | None], changes: list[TrustChange]) -> Standing:
    counted = disclosed_answers(len(scores))
    right, wrong = scores[:counted].count(True), scores[:counted].count(False)
    skill = accuracy_posterior(right, wrong) if right + wrong else None
    return Standing(enrolment.project, enrolment, len(scores), counted, skill, changes)
