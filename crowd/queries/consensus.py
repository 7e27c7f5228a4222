"""Reads what a consensus is made of, and the consensus itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from crowd.enums import RunState, VoteState
from crowd.models import AggregationRun, Answer, Consensus, Enrolment, Project, Skill, Task

COUNTING = (VoteState.COUNTED, VoteState.DECIDES)


def counted(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Only answers of workers whose vote counts."""
    votes = Enrolment.objects.filter(project=OuterRef("project"), worker=OuterRef("worker"), vote_state__in=COUNTING)
    return answers.filter(Exists(votes))


def counted_answers(task: Task) -> list[Answer]:
    """The answers to a task that enter its consensus, in the order in which they came."""
    return list(
        counted(Answer.objects.filter(task=task))
        .order_by("id")
        .only("worker_id", "label_index", "value", "holds_place", "task_id", "is_model")
    )


def answer_counts(task_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By task id, the answers that enter its consensus, with how many of them hold a place; one query."""
    rows = (
        counted(Answer.objects.filter(task_id__in=task_ids))
        .values_list("task_id")
        .annotate(answers=Count("id"), placed=Count("id", filter=Q(holds_place=True)))
        .order_by()
    )
    return {task_id: (answers, placed) for task_id, answers, placed in rows}


def skills_of(project: Project, worker_ids: Iterable[int]) -> dict[int, Skill]:
    """Skill rows of some workers, by worker id."""
    return {skill.worker_id: skill for skill in Skill.objects.filter(project=project, worker_id__in=list(worker_ids))}


def newest_run(project: Project) -> AggregationRun | None:
    """The newest finished full fit."""
    return AggregationRun.objects.filter(project=project, state=RunState.DONE).order_by("-id").first()


def consensus_of(project: Project) -> QuerySet[Consensus]:
    """The consensus of every task of a project, with the task and the run that made it."""
    return Consensus.objects.filter(project=project).select_related("task", "run").order_by("id")
