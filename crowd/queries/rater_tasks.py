"""What a rater has before it: which tasks come next, and whether any are left."""

from __future__ import annotations

import math
from collections.abc import Iterator

from django.db.models import QuerySet

from crowd.enums import AssignmentState, TaskState, VoteState
from crowd.models import Assignment, Enrolment, Rater, Task
from crowd.queries.next_raters import is_worth_a_vote
from crowd.queries.tasks import golds_to_come, pick_gold, unseen_by

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


def tasks_to_ask(rater: Rater, *, chunk: int) -> Iterator[list[Task]]:
    """All tasks that this rater's claims will lend, so far as that can be told, some at a time: for a batch file.

    Those it holds, then the golds that are likely to come up among the others, then the others in order. A model that
    counts is not asked where its vote is not worth its cost.
    """
    enrolment = Enrolment.objects.select_related("project").get(project=rater.project, worker=rater.worker)
    held = [assignment.task for assignment in _held(rater).select_related("task")]
    if held:
        yield held
    left = unseen_by(rater.worker, _ahead(rater, 0))
    if rater.project.gold_rate > 0:
        golds = golds_to_come(rater.project, rater.worker)
        # Which of them come up is drawn by lot: twice what is expected covers nearly every draw.
        expected = float(rater.project.gold_rate) / max(0.05, 1 - float(rater.project.gold_rate)) * left.count()
        yield [gold.task for gold in golds[: 10 + math.ceil(2 * expected)]]
    weighs = enrolment.vote_state != VoteState.SHADOW and rater.project.label_worth_micros is not None
    after = 0
    while tasks := list(left.filter(pk__gt=after).select_related("consensus")[:chunk]):
        after = tasks[-1].pk
        if weighs:
            known = [getattr(task, "consensus", None) for task in tasks]
            worth = iter(
                is_worth_a_vote(rater.project, rater.worker, [row.posterior for row in known if row is not None])
            )
            tasks = [task for task, row in zip(tasks, known, strict=True) if row is None or next(worth)]
        yield tasks


def _held(rater: Rater) -> QuerySet[Assignment]:
    return Assignment.objects.filter(project=rater.project, worker=rater.worker, state=AssignmentState.ACTIVE)


def _ahead(rater: Rater, cursor: int) -> QuerySet[Task]:
    return Task.objects.filter(project=rater.project, state__in=OFFERED, pk__gt=cursor).order_by("pk")
