"""Which tasks a worker may still get."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from crowd.enums import AssignmentState, TaskState, VoteState
from crowd.models import Assignment, Enrolment, Gold, Project, Task, Worker
from crowd.queries.next_raters import is_worth_a_vote

# Expired and released assignments may come back to the same worker; these may not.
FINAL_STATES = [AssignmentState.ACTIVE, AssignmentState.SUBMITTED, AssignmentState.SKIPPED]
GLANCE = 64
# How many open tasks one claim looks at, at most: the cost of a claim is bounded whatever the worker has done.
WALK = 5000
LAST_RND = 1.0
# How often one claim of a model looks at as many tasks.
MODEL_LOOKS = 40

# INDEXED BY fails where the index cannot serve, instead of scanning; the subquery's LIMIT bounds what is looked at.
_SQLITE_UNSEEN = """
    SELECT c.id, prior.id, c.rnd
    FROM (
        SELECT id, rnd FROM crowd_task INDEXED BY task_claimable
        WHERE project_id = %s AND is_open AND priority = %s AND rnd >= %s AND rnd < %s ORDER BY rnd LIMIT %s
    ) c
    LEFT JOIN crowd_assignment prior ON prior.task_id = c.id AND prior.worker_id = %s
    WHERE prior.id IS NULL OR prior.state IN ('expired', 'released')
    LIMIT 1
"""
_SQLITE_WALKED = """
    SELECT max(rnd), count(*) FROM (
        SELECT rnd FROM crowd_task INDEXED BY task_claimable
        WHERE project_id = %s AND is_open AND priority = %s AND rnd >= %s ORDER BY rnd LIMIT %s
    )
"""
_SQLITE_LEVEL = """
    SELECT priority FROM crowd_task INDEXED BY task_claimable
    WHERE project_id = %s AND is_open AND priority < %s ORDER BY priority DESC LIMIT 1
"""


@dataclass(frozen=True)
class Walk:
    """Where a worker goes on looking: a level of priority, a place in it; (None, None) from the beginning."""

    priority: int | None
    rnd: float | None


@dataclass(frozen=True)
class Pick:
    """An open task, locked on PostgreSQL, with the worker's ended assignment of it if there is one.

    Without a task, ``is_exhausted`` says that there was none; otherwise the worker looked at as many as one claim may.
    """

    task_id: int | None
    prior_id: int | None
    walk: Walk
    is_exhausted: bool = False


def unseen_by(worker: Worker, tasks: QuerySet[Task]) -> QuerySet[Task]:
    """The tasks that this worker has neither answered nor skipped nor holds."""
    seen = Assignment.objects.filter(task=OuterRef("pk"), worker=worker, state__in=FINAL_STATES)
    return tasks.filter(~Exists(seen))


def pick_open_task(*, project_id: int, worker_id: int, walk: Walk, start: float) -> Pick:
    """The open task to give to a person next: highest priority first, near ``start`` in [0, 1) within it.

    A random start keeps concurrent claims apart and spreads answers evenly. Who has seen nearly everything that is
    open walks on from where the last walk ended. On PostgreSQL rows that another claim holds are passed over.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM assay_pick(%s, %s, %s, %s::smallint, %s)",
                [project_id, worker_id, start, walk.priority, walk.rnd],
            )
            task_id, prior_id, priority, rnd, is_exhausted = cursor.fetchone()
        return Pick(task_id, prior_id, Walk(priority, rnd), is_exhausted)
    pick = _lap(project_id, worker_id, walk, start)
    if pick.is_exhausted and walk.priority is not None:
        # The lap began in the middle: only one from the beginning has seen everything.
        return _lap(project_id, worker_id, Walk(None, None), start)
    return pick


def pick_next_for_model(project: Project, enrolment: Enrolment, worker: Worker) -> Task | None:
    """The next task for a worker that takes no place, in the order of the tasks; then those it let go."""
    tasks = Task.objects.filter(
        project=project, state__in=[TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED]
    ).order_by("id")
    if enrolment.vote_state == VoteState.SHADOW or project.label_worth_micros is None:
        return tasks.filter(pk__gt=enrolment.cursor).first() or unseen_by(worker, tasks).first()
    # A model that counts is asked only where its vote is expected to be worth what it costs. Untouched tasks have no
    # consensus yet and are always worth a first vote.
    after = enrolment.cursor
    for _ in range(MODEL_LOOKS):
        ahead = list(tasks.filter(pk__gt=after).select_related("consensus")[:GLANCE])
        if not ahead:
            break
        known = [getattr(task, "consensus", None) for task in ahead]
        worth = iter(is_worth_a_vote(project, worker, [row.posterior for row in known if row is not None]))
        for task, row in zip(ahead, known, strict=True):
            if row is None or next(worth):
                return task
        after = ahead[-1].pk
    return unseen_by(worker, tasks.filter(consensus__isnull=True)).first()


def has_unfinished(project_id: int, worker: Worker) -> bool:
    """Whether some task may still come to this person: others hold its places now, or it may ask for more."""
    return unseen_by(worker, Task.objects.filter(project=project_id, state=TaskState.OPEN)).exists()


def has_opened_since(project: Project, moment: object) -> bool:
    """Whether a task that is open now was opened after the moment."""
    return Task.objects.filter(project=project, is_open=True, opened_at__gt=moment).exists()


def pick_gold(project: Project, worker: Worker) -> Gold | None:
    """The least-used gold that this worker was never given, at random within equals."""
    return golds_to_come(project, worker).first()


def golds_to_come(project: Project, worker: Worker) -> QuerySet[Gold]:
    """The golds that this worker was never given, in the order in which they come."""
    given = Assignment.objects.filter(task=OuterRef("task_id"), worker=worker)
    golds = Gold.objects.filter(~Exists(given), project=project, is_active=True)
    return golds.select_related("task").order_by("times_used", "rnd")


def _lap(project_id: int, worker_id: int, walk: Walk, start: float) -> Pick:
    """SQLite's form of the function ``assay_pick``: the rules are the same, line by line."""
    budget, level = WALK, 1 << 15
    with connection.cursor() as cursor:

        def unseen(low: float, high: float, limit: int) -> tuple[int, int | None, float] | None:
            cursor.execute(_SQLITE_UNSEEN, [project_id, level, low, high, limit, worker_id])
            row: tuple[int, int | None, float] | None = cursor.fetchone()
            return row

        while True:
            cursor.execute(_SQLITE_LEVEL, [project_id, level])
            row = cursor.fetchone()
            if row is None:
                return Pick(None, None, Walk(None, None), is_exhausted=True)
            level = row[0]
            glanced = unseen(start, LAST_RND, GLANCE) or unseen(0.0, start, GLANCE)
            if glanced is not None:
                return Pick(glanced[0], glanced[1], walk)
            if walk.priority is not None and walk.priority < level:
                continue
            begin = walk.rnd if walk.priority == level and walk.rnd is not None else 0.0
            walked = unseen(begin, LAST_RND, budget)
            if walked is not None:
                return Pick(walked[0], walked[1], Walk(level, walked[2]))
            cursor.execute(_SQLITE_WALKED, [project_id, level, begin, budget])
            last, seen = cursor.fetchone()
            if seen >= budget:
                return Pick(None, None, Walk(level, last))
            walk = Walk(level, LAST_RND)
            budget -= seen
