"""Reads answers as arrays for the numeric library, and as rows for lists."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Q, QuerySet
from django.utils import timezone

from crowd.models import Adjudication, Answer, Gold, Project
from crowd.queries.columns import integer_columns
from quality.answers import AnswerSet


@dataclass(frozen=True)
class ProjectAnswers:
    """Answers of a project as an AnswerSet whose vocabularies are row ids.

    ``gold``: label index by task id, for gold tasks with a single right label, for what experts have decided.
    ``last_answer_id``: the newest answer read, None when there is none. Once models' votes were made into what a fit
    takes, ``stored`` holds the answers as they were read, ``members`` the worker ids behind each pooled group.
    """

    answers: AnswerSet
    gold: dict[Hashable, Hashable]
    last_answer_id: int | None
    stored: AnswerSet | None = None
    members: Mapping[Hashable, Sequence[int]] = field(default_factory=dict)

    @property
    def rows(self) -> AnswerSet:
        """The answers as they are in the database, one row each."""
        return self.answers if self.stored is None else self.stored


def read_answers(rows: QuerySet[Answer], project: Project) -> ProjectAnswers:
    """Load the given answers of a project; (task, worker, label) come from one query, labels as indexes."""
    table = integer_columns(rows.order_by("id"), ("id", "task_id", "worker_id", "label_index"))
    tasks, task = np.unique(table[:, 1], return_inverse=True)
    workers, worker = np.unique(table[:, 2], return_inverse=True)
    answers = AnswerSet.from_arrays(
        task.astype(np.int32),
        worker.astype(np.int32),
        table[:, 3].astype(np.int32),
        tasks=tasks.tolist(),
        workers=workers.tolist(),
        labels=tuple(range(len(project.labels))),
    )
    known = set(answers.tasks)
    index = {value: i for i, value in enumerate(project.label_values)}
    gold: dict[Hashable, Hashable] = {
        task_id: index[labels[0]]
        for task_id, labels in Gold.objects.filter(project=project, is_active=True).values_list("task_id", "labels")
        if len(labels) == 1 and task_id in known
    }
    decided = Adjudication.objects.filter(project=project).values_list("task_id", "label_index")
    gold.update((task_id, label_index) for task_id, label_index in decided if task_id in known)
    return ProjectAnswers(answers, gold, int(table[:, 0].max()) if len(table) else None)


def labelled(project: Project) -> QuerySet[Answer]:
    """The project's answers that have a label."""
    return Answer.objects.filter(project=project, label_index__isnull=False)


def unprocessed() -> QuerySet[Answer]:
    """Answers that wait for processing and whose pause after a failure, if any, is over; oldest first."""
    due = Q(process_after__isnull=True) | Q(process_after__lte=timezone.now())
    return Answer.objects.filter(due, processed_at__isnull=True).order_by("id")


def answers_of(project: Project) -> QuerySet[Answer]:
    """Every answer of a project with its task and worker, in the order in which they came."""
    return Answer.objects.filter(project=project).select_related("task", "worker").order_by("id")
