"""Which tasks a worker may still get."""

from __future__ import annotations

import random

from django.db.models import Exists, Max, OuterRef, QuerySet

from crowd.enums import AssignmentState, TaskState
from crowd.models import Assignment, Enrolment, Gold, Project, Task, Worker

# Expired and released assignments may come back to the same worker; these may not.
FINAL_STATES = [AssignmentState.ACTIVE, AssignmentState.SUBMITTED, AssignmentState.SKIPPED]


def unseen_by(worker: Worker, tasks: QuerySet[Task]) -> QuerySet[Task]:
    """The tasks that this worker has neither answered nor skipped nor holds."""
    seen = Assignment.objects.filter(task=OuterRef("pk"), worker=worker, state__in=FINAL_STATES)
    return tasks.filter(~Exists(seen))


def pick_open_task(project: Project, worker: Worker, rng: random.Random) -> Task | None:
    """The open task to give to a person next, locked: highest priority first, at random within it.

    Starts at a random place of the index and goes on from its beginning, so that concurrent claims do not meet at
    the same row; rows that another claim holds are passed over.
    """
    start = rng.random()
    below: int | None = None
    while True:
        open_tasks = Task.objects.filter(project=project, is_open=True)
        if below is not None:
            open_tasks = open_tasks.filter(priority__lt=below)
        below = open_tasks.aggregate(top=Max("priority"))["top"]
        if below is None:
            return None
        candidates = (
            unseen_by(worker, Task.objects.filter(project=project, is_open=True, priority=below))
            .order_by("rnd")
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
        )
        task = candidates.filter(rnd__gte=start).first() or candidates.filter(rnd__lt=start).first()
        if task is not None:
            return task


def pick_next_for_model(project: Project, enrolment: Enrolment, worker: Worker) -> Task | None:
    """The next task for a worker that takes no place, in the order of the tasks; then those it let go."""
    tasks = Task.objects.filter(
        project=project, state__in=[TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED]
    ).order_by("id")
    return tasks.filter(pk__gt=enrolment.cursor).first() or unseen_by(worker, tasks).first()


def has_unfinished(project: Project, worker: Worker) -> bool:
    """Whether some task may still come to this person: others hold its places now, or it may ask for more."""
    return unseen_by(worker, Task.objects.filter(project=project, state=TaskState.OPEN)).exists()


def pick_gold(project: Project, worker: Worker) -> Gold | None:
    """The least-used gold that this worker was never given, at random within equals."""
    given = Assignment.objects.filter(task=OuterRef("task_id"), worker=worker)
    return (
        Gold.objects.filter(~Exists(given), project=project, is_active=True)
        .select_related("task")
        .order_by("times_used", "rnd")
        .first()
    )
