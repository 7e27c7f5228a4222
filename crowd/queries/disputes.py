"""Reads the tasks that wait for an expert, blind to who answered what."""

from __future__ import annotations

from django.db.models import F, QuerySet

from crowd.enums import TaskState
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
