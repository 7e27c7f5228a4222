"""What slows or breaks claims elsewhere: veterans, tables analyzed while full, nothing left, places that leak."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crowd.enums import AssignmentState
from crowd.models import Assignment, Enrolment, Task, Worker
from crowd.queries import tasks as task_queries
from crowd.queries.exactness import broken_promises
from crowd.queries.tasks import Walk, pick_open_task
from crowd.services.assignments import expire_assignment, release_assignment
from crowd.services.tasks import NewTask, add_tasks

pytestmark = pytest.mark.django_db


def have_seen(cast: Cast, worker: Worker, tasks: list[Task]) -> None:
    """Let a worker have answered tasks that are open still, as with a high overlap."""
    now = timezone.now()
    Assignment.objects.bulk_create(
        Assignment(
            project=cast.project,
            task=task,
            worker=worker,
            state=AssignmentState.SKIPPED,
            holds_place=False,
            claimed_at=now,
            deadline=now,
            ended_at=now,
        )
        for task in tasks
    )
    Enrolment.objects.filter(project=cast.project, worker=worker).update(claims=len(tasks))


def rows_read() -> int:
    """Rows of tasks and assignments that this transaction has read so far, from tables or by indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('crowd_task', 'crowd_assignment')"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is held to its indexes by INDEXED BY")
def test_a_claim_reads_few_rows_of_a_table_that_was_analyzed_while_full() -> None:
    cast = make_cast(tasks=3000, workers=2)
    have_seen(cast, cast.worker, list(Task.objects.all()[:2700]))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crowd_task, crowd_assignment, crowd_enrolment")
    for worker in cast.workers:
        # The plans of a connection change after five calls: the eighth has the one that stays.
        for _ in range(8):
            before = rows_read()
            assignment = cast.claim(worker).assignment
            assert assignment is not None
            assert rows_read() - before < 300
            release_assignment(assignment_uid=assignment.uid, worker=worker)


def test_a_veteran_finds_the_one_task_that_is_left() -> None:
    cast = make_cast(tasks=400, workers=1)
    tasks = list(Task.objects.order_by("rnd"))
    left = tasks.pop(200)
    have_seen(cast, cast.worker, tasks)
    for _ in range(3):
        assignment = cast.claim().assignment
        assert assignment is not None
        assert assignment.task_id == left.pk
        release_assignment(assignment_uid=assignment.uid, worker=cast.worker)


def test_a_veteran_walks_on_from_where_the_last_walk_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    # Glances from the beginning: one from a random place would find the task now and then.
    for path in ("assignments", "one_call"):
        monkeypatch.setattr(f"crowd.services.{path}.random_start", lambda: 0.0)
    cast = make_cast(tasks=400, workers=1)
    tasks = list(Task.objects.order_by("rnd"))
    left = tasks.pop(250)
    have_seen(cast, cast.worker, tasks)
    cast.claim()
    enrolment = cast.enrolment()
    assert (enrolment.walk_priority, enrolment.walk_rnd) == (0, left.rnd)


def test_a_walk_that_began_in_the_middle_goes_round_once() -> None:
    cast = make_cast(tasks=400, workers=1)
    tasks = list(Task.objects.order_by("rnd"))
    left = tasks.pop(150)
    have_seen(cast, cast.worker, tasks)
    pick = pick_open_task(
        project_id=cast.project.pk, worker_id=cast.worker.pk, walk=Walk(0, tasks[300].rnd), start=0.999999
    )
    assert (pick.task_id, pick.walk) == (left.pk, Walk(0, left.rnd))


def test_a_walk_above_a_level_leaves_that_level_to_glances() -> None:
    cast = make_cast(tasks=2, workers=1)
    Task.objects.filter(key="t1").update(priority=3)
    pick = pick_open_task(project_id=cast.project.pk, worker_id=cast.worker.pk, walk=Walk(-5, 0.5), start=0.5)
    assert pick.task_id == cast.task("t1").pk


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the function's limit is a constant")
def test_one_claim_looks_at_a_limited_number_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast(tasks=400, workers=1)
    tasks = list(Task.objects.order_by("rnd"))
    left = tasks.pop(350)
    have_seen(cast, cast.worker, tasks)
    monkeypatch.setattr(task_queries, "WALK", 100)
    monkeypatch.setattr(task_queries, "GLANCE", 2)
    monkeypatch.setattr("crowd.services.assignments.random_start", lambda: 0.0)
    states = [cast.claim().state for _ in range(4)]
    assert states == ["wait", "wait", "wait", "assigned"]
    held = Assignment.objects.get(state="active")
    assert held.task_id == left.pk


def finished(cast: Cast) -> None:
    """The worker has seen everything, long ago, and many tasks at that."""
    have_seen(cast, cast.worker, list(Task.objects.filter(project=cast.project)))
    Enrolment.objects.update(claims=10_000)
    Task.objects.update(opened_at=timezone.now() - timedelta(hours=1))
    assert cast.claim().state == "finished"


def test_nothing_left_is_remembered_for_a_veteran(cast: Cast) -> None:
    finished(cast)
    # What is remembered is changed behind its back: the next reply shows that nobody looked again.
    assert Enrolment.objects.filter(idle_reply="finished").update(idle_reply="wait") == 1
    assert cast.claim().state == "wait"
    Enrolment.objects.update(idle_until=timezone.now())
    assert cast.claim().state == "finished"


def test_nothing_left_is_not_remembered_for_a_newcomer(cast: Cast) -> None:
    have_seen(cast, cast.worker, list(Task.objects.all()))
    assert cast.claim().state == "finished"
    assert cast.enrolment().idle_until is None


def test_a_new_task_ends_nothing_left_at_once(cast: Cast) -> None:
    finished(cast)
    add_tasks(project=cast.project, tasks=[NewTask(key="new", payload={})], actor=cast.owner)
    assignment = cast.claim().assignment
    assert assignment is not None
    assert assignment.task.key == "new"


def test_a_place_that_comes_free_ends_nothing_left_at_once(cast: Cast) -> None:
    Task.objects.filter(key="t2").update(overlap=1, open_slots=1)
    t2 = cast.task("t2")
    held = Assignment.objects.create(
        project=cast.project,
        task=t2,
        worker=cast.workers[1],
        claimed_at=timezone.now(),
        deadline=timezone.now(),
    )
    Task.objects.filter(key="t2").update(open_slots=0, is_open=False)
    have_seen(cast, cast.worker, [cast.task("t1")])
    Enrolment.objects.update(claims=10_000)
    Task.objects.update(opened_at=timezone.now() - timedelta(hours=1))
    assert cast.claim().state == "wait"
    assert cast.enrolment().idle_reply == "wait"
    assert expire_assignment(assignment_id=held.pk, now=timezone.now() + timedelta(seconds=1))
    assignment = cast.claim().assignment
    assert assignment is not None
    assert assignment.task_id == t2.pk


def test_an_assignment_that_cannot_be_written_leaves_its_place_open(cast: Cast) -> None:
    assignment = cast.claim().assignment
    assert assignment is not None
    twin = Assignment(
        project=cast.project,
        task=Task.objects.exclude(pk=assignment.task_id).get(),
        worker=cast.worker,
        claimed_at=timezone.now(),
        deadline=timezone.now(),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)  # one live assignment per worker and project, whatever the code does
    assert not any(broken_promises(cast.project).values())
