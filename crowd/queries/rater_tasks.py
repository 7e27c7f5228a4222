"""What a rater has before it: which tasks come next, and whether any are left."""

from __future__ import annotations

from django.db.models import QuerySet

from crowd.enums import AssignmentState, TaskState
from crowd.models import Assignment, Enrolment, Rater, Task
from crowd.queries.tasks import pick_gold, unseen_by

OFFERED = [TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED]


def upcoming_tasks(rater: Rater, *, limit: int) -> list[Task]:
    """The tasks that this rater's next claims will lend, as far as that can be told: to be asked about together.

    The one it holds, the next in order, and the gold that would come next.
    """
    enrolment = Enrolment.objects.select_related("project").get(project=rater.project, worker=rater.worker)
    tasks = [assignment.task for assignment in _held(rater).select_related("task")]
    ahead = list(_ahead(rater, enrolment.cursor)[:limit])
    # At the end of the order come those that golds have pushed back, and those let go.
    tasks += ahead or list(unseen_by(rater.worker, _ahead(rater, 0))[:limit])
    gold = pick_gold(rater.project, rater.worker) if rater.project.gold_rate > 0 and tasks else None
    return tasks if gold is None else [*tasks, gold.task]


def tasks_ahead(rater: Rater) -> bool:
    """Whether a task has come that this rater was not offered."""
    cursor = Enrolment.objects.values_list("cursor", flat=True).get(project=rater.project, worker=rater.worker)
    return _ahead(rater, cursor).exists()


def tasks_left(rater: Rater) -> int:
    """How many tasks this rater holds or was not offered yet; a job's figure, not a request's."""
    cursor = Enrolment.objects.values_list("cursor", flat=True).get(project=rater.project, worker=rater.worker)
    return _ahead(rater, cursor).count() + _held(rater).count()


def _held(rater: Rater) -> QuerySet[Assignment]:
    return Assignment.objects.filter(project=rater.project, worker=rater.worker, state=AssignmentState.ACTIVE)


def _ahead(rater: Rater, cursor: int) -> QuerySet[Task]:
    return Task.objects.filter(project=rater.project, state__in=OFFERED, pk__gt=cursor).order_by("pk")
