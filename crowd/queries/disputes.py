"""Reads the tasks that wait for an expert, blind to who answered what."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from crowd.enums import EventKind, TaskState, WorkerKind
from crowd.models import Adjudication, Answer, Event, Project, Task, User


@dataclass(frozen=True)
class DisputeProgress:
    """What has been decided, by everybody and by the expert; what is left for the expert, and what is their own."""

    decided: int
    decided_by_expert: int
    left: int
    own: int


def disputes_of(project: Project, adjudicator: User) -> QuerySet[Task]:
    """Disputed tasks that the expert has not answered, those first whose label a decision would most likely change.

    That chance is one minus the confidence of the consensus.
    """
    return (
        Task.objects.filter(project=project, state=TaskState.DISPUTED)
        .exclude(pk__in=_own(project, adjudicator))
        .select_related("consensus")
        .order_by(F("consensus__confidence").asc(nulls_first=True), "id")
    )


def dispute_after(project: Project, adjudicator: User, task: Task) -> Task | None:
    """The next in the expert's queue behind this task, decided or not; None at its end."""
    confidence = getattr(getattr(task, "consensus", None), "confidence", None)
    if confidence is None:
        is_behind = Q(consensus__confidence__isnull=True, id__gt=task.pk) | Q(consensus__confidence__isnull=False)
    else:
        is_behind = Q(consensus__confidence__gt=confidence) | Q(consensus__confidence=confidence, id__gt=task.pk)
    return disputes_of(project, adjudicator).filter(is_behind).first()


def dispute_progress(project: Project, adjudicator: User) -> DisputeProgress:
    """How far the disputes are; two queries."""
    done = Adjudication.objects.filter(project=project).aggregate(
        decided=Count("id"), by_expert=Count("id", filter=Q(adjudicator=adjudicator))
    )
    disputed = Task.objects.filter(project=project, state=TaskState.DISPUTED).aggregate(
        total=Count("id"), own=Count("id", filter=Q(pk__in=_own(project, adjudicator)))
    )
    return DisputeProgress(done["decided"], done["by_expert"], disputed["total"] - disputed["own"], disputed["own"])


def answers_in_dispute(tasks: Sequence[Task]) -> QuerySet[Answer]:
    """What people answered to the tasks: the labels of models would tell the expert what a model thinks."""
    return Answer.objects.filter(task__in=tasks, worker__kind=WorkerKind.HUMAN).order_by("id")


def values_given(answers: Iterable[Answer]) -> list[Any]:
    """The different values, in an order that tells not by whom or how often.

    Labels in the order of the label set, anything else by its text.
    """
    given = {(answer.label_index or 0, json.dumps(answer.value)): answer.value for answer in answers}
    return [given[place] for place in sorted(given)]


def values_in_dispute(tasks: Sequence[Task]) -> dict[int, list[Any]]:
    """The values given to each task, by its key in the database; one query."""
    answers: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers_in_dispute(tasks):
        answers[answer.task_id].append(answer)
    return {task.pk: values_given(answers[task.pk]) for task in tasks}


def _own(project: Project, adjudicator: User) -> QuerySet[Answer, Any]:
    return Answer.objects.filter(project=project, worker__user=adjudicator).values("task_id")


def sent_by_hand(tasks: Sequence[Task]) -> set[int]:
    """Ids of the disputed tasks among these that a manager sent to an expert: no fit settles them; one query."""
    uids = {task.uid: task.pk for task in tasks if task.state == TaskState.DISPUTED}
    if not uids:
        return set()
    sent = Event.objects.filter(kind=EventKind.TASK_DISPUTED, subject__in=uids, actor__isnull=False)
    return {uids[uid] for uid in sent.values_list("subject", flat=True) if uid is not None}
