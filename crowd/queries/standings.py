"""Reads how a worker stands, for that worker's own eyes: skill with its evidence, trust, decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

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
    """The worker on every project, newest enrolment first, changes newest first; one query a project plus three.

    The skill is that of the first answers up to a round number: which task was gold cannot be read off its changes.
    """
    answered = dict(Answer.objects.filter(worker=worker).values_list("project").annotate(n=Count("id")).order_by())
    changes: dict[int, list[TrustChange]] = defaultdict(list)
    for change in TrustChange.objects.filter(worker=worker).order_by("-id"):
        changes[change.project_id].append(change)
    standings = []
    for row in Enrolment.objects.filter(worker=worker).select_related("project").order_by("-id"):
        total = answered.get(row.project_id, 0)
        counted = disclosed_answers(total)
        skill = _skill(worker, row.project, counted)
        standings.append(Standing(row.project, row, total, counted, skill, changes[row.project_id]))
    return standings


def _skill(worker: Worker, project: Project, counted: int) -> SkillEstimate | None:
    if counted == 0:
        return None
    first = Answer.objects.filter(worker=worker, project=project).order_by("id")[:counted]
    scores = Answer.objects.filter(pk__in=first.values("pk")).aggregate(
        right=Count("id", filter=Q(is_correct=True)), wrong=Count("id", filter=Q(is_correct=False))
    )
    if scores["right"] + scores["wrong"] == 0:
        return None
    return accuracy_posterior(scores["right"], scores["wrong"])
