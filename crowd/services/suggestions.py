"""Shows people what a model says of a task, by the project's policy, and keeps a share without, drawn by lot."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from crowd.enums import SuggestionPolicy, TaskState, WorkerKind
from crowd.models import Answer, Assignment, GateTerms, Project, Suggestion, Task, Worker

# How long a process goes by what it read of the projects that suggest: claims and submits ask this set, not the
# database, so that a project without suggestions pays nothing.
KEPT_SECONDS = 5.0
# Of the newest open tasks so many must have been before the model: it takes tasks in their order.
NEWEST = 200


@dataclass
class _Known:
    projects: frozenset[int] = frozenset()
    read_at: float = float("-inf")


_known = _Known()


def suggestion_before(*, assignment: Assignment, worker: Worker) -> str | None:
    """The label to show with a task that is lent; None under another policy, in the held-out share, without a vote.

    Drawn once per task and worker: a repeated claim shows the same. The row is what later says that the answer was
    influenced, so it is written before anything is shown.
    """
    return _suggestion(assignment, worker, SuggestionPolicy.BEFORE)


def suggestion_after(*, answer: Answer, worker: Worker) -> str | None:
    """The label to show once the answer is stored; None under another policy or without a vote."""
    if answer.project_id not in _suggesting():
        return None
    return _suggestion(answer.assignment, worker, SuggestionPolicy.AFTER)


def forget_policies() -> None:
    """Read anew which projects suggest; the other processes do within seconds."""
    _known.read_at = float("-inf")


def _suggestion(assignment: Assignment, worker: Worker, policy: SuggestionPolicy) -> str | None:
    if assignment.project_id not in _suggesting():
        return None
    terms = GateTerms.objects.filter(project=assignment.project_id, suggestions=policy).first()
    if terms is None or worker.kind != WorkerKind.HUMAN:
        return None
    row = Suggestion.objects.filter(task=assignment.task_id, worker=worker).first()
    if row is None:
        row = _draw(assignment, worker, terms, policy)
    if row is None or row.is_held_out or row.policy != policy:
        return None
    values: list[str] = Project.objects.get(pk=assignment.project_id).label_values
    return values[row.label_index]


def _draw(assignment: Assignment, worker: Worker, terms: GateTerms, policy: SuggestionPolicy) -> Suggestion | None:
    vote = Answer.objects.filter(
        task=assignment.task_id, worker=terms.suggester_id, label_index__isnull=False
    ).values_list("label_index", flat=True)
    label = vote.first()
    if label is None or terms.suggester_id is None:
        return None
    if policy == SuggestionPolicy.BEFORE and not _covers_all(assignment.project_id, terms.suggester_id):
        return None
    try:
        with transaction.atomic():
            return Suggestion.objects.create(
                project_id=assignment.project_id,
                task_id=assignment.task_id,
                worker=worker,
                suggester_id=terms.suggester_id,
                policy=policy,
                label_index=label,
                # After the answer there is nothing to hold out: it cannot be moved any more.
                is_held_out=policy == SuggestionPolicy.BEFORE and random.SystemRandom().random() < terms.holdout_share,
                holdout_share=terms.holdout_share,
                created_at=timezone.now(),
            )
    except IntegrityError:
        # The same claim, made twice at once: the other's draw stands.
        return Suggestion.objects.filter(task=assignment.task_id, worker=worker).first()


def _covers_all(project_id: int, suggester_id: int) -> bool:
    """Whether the model has been asked about every gold and about the newest open tasks.

    Until then a suggestion, or that there is none, would say something about whether the task is a gold. Reads a
    number of rows that does not grow with the tasks.
    """
    seen = Assignment.objects.filter(task=OuterRef("pk"), worker=suggester_id, ended_at__isnull=False)
    tasks = Task.objects.filter(project=project_id)
    if tasks.filter(state=TaskState.GOLD).filter(~Exists(seen)).exists():
        return False
    newest = list(tasks.filter(state=TaskState.OPEN).order_by("-pk").values_list("pk", flat=True)[:NEWEST])
    return not tasks.filter(pk__in=newest).filter(~Exists(seen)).exists()


def _suggesting() -> frozenset[int]:
    now = time.monotonic()
    if now - _known.read_at > KEPT_SECONDS:
        rows = GateTerms.objects.exclude(suggestions=SuggestionPolicy.OFF).values_list("project_id", flat=True)
        _known.projects, _known.read_at = frozenset(rows), now
    return _known.projects
