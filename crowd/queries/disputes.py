"""Reads the tasks that wait for an expert, blind to who answered what."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, QuerySet

from crowd.enums import TaskState, WorkerKind
from crowd.models import Answer, Project, Task, User


def disputes_of(project: Project, adjudicator: User) -> QuerySet[Task]:
    """Disputed tasks that the expert has not answered, those first whose label a decision would most likely change.

    That chance is one minus the confidence of the consensus.
    """
    own = Answer.objects.filter(project=project, worker__user=adjudicator).values("task_id")
    return (
        Task.objects.filter(project=project, state=TaskState.DISPUTED)
        .exclude(pk__in=own)
        .select_related("consensus")
        .order_by(F("consensus__confidence").asc(nulls_first=True), "id")
    )


def answers_in_dispute(tasks: Sequence[Task]) -> QuerySet[Answer]:
    """What people answered to the tasks: the labels of models would tell the expert what a model thinks."""
    return Answer.objects.filter(task__in=tasks, worker__kind=WorkerKind.HUMAN).order_by("id")
