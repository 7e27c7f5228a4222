"""Imports: nothing half-done, nothing doubled, every bad row named, imported answers as exact as any other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cast import Cast
from django.utils import timezone
from imported import imported, problems, queued

from crowd.enums import EventKind, TaskState
from crowd.errors import Conflict
from crowd.models import Answer, Assignment, Consensus, Event, Import, ImportedWorker, Task, Worker
from crowd.queries.exactness import broken_promises
from crowd.services import import_runs
from crowd.services.import_runs import run_import
from crowd.services.imports import cancel_import
from crowd.services.processing import process_answer
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


def counts(job: Import) -> tuple[int, ...]:
    return (job.tasks, job.golds, job.answers, job.workers, job.skips, job.rows_failed)


def keys(cast: Cast) -> list[str]:
    return list(Task.objects.filter(project=cast.project).order_by("id").values_list("key", flat=True))


LONG = "task,worker,label\na,v,positive\na,w,positive\nb,v,negative\nt1,v,neutral\n"


def test_a_crowd_becomes_tasks_workers_and_answers(cast: Cast) -> None:
    job = imported(cast, LONG)
    assert (job.state, job.problem, job.file_format) == ("finished", "", "long")
    assert (job.rows_total, job.rows_checked, job.rows_done) == (4, 4, 4)
    assert counts(job) == (2, 0, 4, 2, 0, 0)
    found = Answer.objects.filter(project=cast.project).order_by("id")
    names = dict(ImportedWorker.objects.values_list("worker_id", "name"))
    assert [(row.task.key, names[row.worker_id], row.value, row.label_index) for row in found] == [
        ("a", "v", "positive", 2),
        ("a", "w", "positive", 2),
        ("b", "v", "negative", 0),
        ("t1", "v", "neutral", 1),
    ]
    assert {row.processed_at is None for row in found} == {False}
    assert [(t.key, t.overlap, t.open_slots, t.is_open) for t in Task.objects.order_by("id")] == [
        ("t1", 2, 1, True),
        ("t2", 2, 2, True),
        ("a", 2, 0, False),
        ("b", 2, 1, True),
    ]
    assert broken_promises(cast.project) == dict.fromkeys(broken_promises(cast.project), 0)


def test_imported_answers_are_unpaid_and_nobody_can_log_in_as_their_workers(cast: Cast) -> None:
    imported(cast, LONG)
    assert set(Assignment.objects.values_list("reserved_micros", "state")) == {(0, "submitted")}
    users = [row.worker.user for row in ImportedWorker.objects.select_related("worker__user")]
    assert [(user.has_usable_password(), user.api_keys.count()) for user in users] == [(False, 0), (False, 0)]


def test_the_fit_after_an_import_settles_its_tasks(cast: Cast) -> None:
    rows = [f"a{i},w{j},{'positive' if i % 2 else 'negative'}" for i in range(12) for j in range(2)]
    rows += ["split,w0,positive", "split,w1,negative"]
    imported(cast, "task,worker,label\n" + "\n".join(rows))
    assert cast.configure().is_dirty
    refit_project(project_id=cast.project.pk)
    assert Consensus.objects.get(task__key="a1").label_index == 2
    assert cast.task("a1").state == TaskState.COMPLETE
    # Not sure, all answers in, below the maximum: one more is asked for.
    assert (cast.task("split").overlap, cast.task("split").open_slots) == (3, 1)
    assert Event.objects.filter(kind=EventKind.OVERLAP_EXTENDED).count() == 1


def test_more_answers_than_the_maximum_are_surplus_and_still_evidence(cast: Cast) -> None:
    imported(cast, "task,worker,label\n" + "\n".join(f"a,w{i},positive" for i in range(5)))
    task = cast.task("a")
    assert (task.overlap, task.open_slots) == (3, 0)
    found = Answer.objects.filter(task=task).order_by("id").values_list("holds_place", "is_surplus")
    assert list(found) == [(True, False)] * 3 + [(False, True)] * 2
    refit_project(project_id=cast.project.pk)
    assert Consensus.objects.get(task=task).answers == 5


def test_answers_to_a_task_that_exists_take_its_places_then_widen_it_then_are_surplus(cast: Cast) -> None:
    cast.answer(cast.worker)
    key = Answer.objects.get().task.key
    imported(cast, "task,worker,label\n" + "\n".join(f"{key},w{i},positive" for i in range(3)))
    task = cast.task(key)
    assert (task.overlap, task.open_slots, task.is_open) == (3, 0, False)
    found = Answer.objects.filter(task=task).order_by("id").values_list("holds_place", "is_surplus")
    assert list(found) == [(True, False)] * 3 + [(False, True)]
    assert broken_promises(cast.project) == dict.fromkeys(broken_promises(cast.project), 0)


def test_an_answer_to_a_gold_is_scored_by_its_job(cast: Cast) -> None:
    cast.gold()
    imported(cast, "task,worker,label\ng1,v,positive\ng1,w,negative\n")
    rows = list(Answer.objects.order_by("id"))
    assert [(row.is_gold, row.holds_place, row.processed_at) for row in rows] == [(True, False, None)] * 2
    for row in rows:
        process_answer(answer_id=row.pk)
    assert list(Answer.objects.order_by("id").values_list("is_correct", flat=True)) == [True, False]


def test_with_stop_one_bad_row_and_nothing_is_written(cast: Cast) -> None:
    before = keys(cast)
    job = imported(cast, LONG + "c,v,possitive\nb,v,neutral\n,v,neutral\n")
    assert (job.state, job.problem) == ("failed", "3 rows are wrong; nothing was written")
    assert problems(job) == [
        (6, "label", "'possitive' is not a label of this project; choose one of 'negative', 'neutral', 'positive'"),
        (7, "worker", "worker 'v' has answered task 'b' in row 4"),
        (8, "task", "the value is missing"),
    ]
    assert (keys(cast), Answer.objects.count(), ImportedWorker.objects.count()) == (before, 0, 0)


def test_with_skip_bad_rows_are_left_out_and_listed(cast: Cast) -> None:
    job = imported(cast, LONG + "c,v,possitive\nb,w,neutral,more\nb,w,neutral\n", on_error="skip")
    assert (job.state, job.rows_done, counts(job)) == ("finished", 7, (2, 0, 5, 2, 0, 2))
    assert [row for row, _, _ in problems(job)] == [6, 7]


def test_a_dry_run_reports_and_writes_nothing(cast: Cast) -> None:
    before = keys(cast)
    job = imported(cast, LONG + "c,v,possitive\n", is_dry_run=True)
    assert (job.state, counts(job), [row for row, _, _ in problems(job)]) == ("finished", (2, 0, 4, 2, 0, 1), [6])
    assert (keys(cast), Answer.objects.count(), job.rows_done) == (before, 0, 0)


def test_the_same_file_twice_is_refused_row_by_row(cast: Cast) -> None:
    imported(cast, LONG)
    job = imported(cast, LONG)
    assert (job.state, job.rows_failed, Answer.objects.count()) == ("failed", 4, 4)
    assert problems(job)[0] == (2, "worker", "worker 'v' has answered task 'a' before")


def test_an_import_that_is_killed_goes_on_behind_its_last_chunk(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_runs, "CHUNK_ROWS", 2)
    job = queued(cast, "task,worker,label\n" + "\n".join(f"k{i // 2},w{i % 2},positive" for i in range(10)))
    write, calls = import_runs.write_rows, []

    class Killed(BaseException):
        """Nothing in the house catches it, like a kill."""

    def dying(**arguments: Any) -> Any:
        calls.append(arguments)
        written = write(**arguments)
        if len(calls) == 3:
            raise Killed
        return written

    monkeypatch.setattr(import_runs, "write_rows", dying)
    with pytest.raises(Killed):
        run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_done, job.answers, Answer.objects.count()) == ("writing", 4, 4, 4)
    assert not run_import(import_id=job.pk)  # its lease runs
    Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_done, counts(job)) == ("finished", 10, (5, 0, 10, 2, 0, 0))
    assert sorted(Answer.objects.values_list("task__key", flat=True)) == sorted([f"k{i // 2}" for i in range(10)])


def test_a_process_that_lost_its_lease_writes_nothing_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_runs, "CHUNK_ROWS", 2)
    job = queued(cast, "text\n" + "\n".join("abcdef"))
    write = import_runs._write

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(import_runs, "_write", write)
        Import.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert run_import(import_id=job.pk)
        write(*arguments)

    monkeypatch.setattr(import_runs, "_write", overtaken)
    assert not run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.tasks, Task.objects.filter(key__startswith=job.uid.hex[:12]).count()) == ("finished", 6, 6)


def test_cancelling_stops_and_keeps_what_is_written(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = queued(cast, "text\nx\n")
    assert cancel_import(job=waiting).state == "cancelled"
    with pytest.raises(Conflict, match="the import is cancelled"):
        cancel_import(job=waiting)
    monkeypatch.setattr(import_runs, "CHUNK_ROWS", 1)
    job = queued(cast, "text\nx\ny\nz\n")
    write = import_runs.write_rows

    def cancelled_meanwhile(**arguments: Any) -> Any:
        written = write(**arguments)
        assert cancel_import(job=job).state == "writing"
        return written

    monkeypatch.setattr(import_runs, "write_rows", cancelled_meanwhile)
    run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.tasks, job.rows_done) == ("cancelled", 1, 1)


def test_a_key_that_is_taken_between_check_and_write_stops_the_import_and_says_how_far_it_is(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_runs, "CHUNK_ROWS", 1)
    job = queued(cast, "key,text\na,x\nb,y\n")
    check = import_runs._check

    def then_taken(*arguments: Any) -> None:
        check(*arguments)
        Task.objects.create(project=cast.project, key="b", payload={})

    monkeypatch.setattr(import_runs, "_check", then_taken)
    run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.tasks) == ("failed", 1)
    assert job.problem == (
        "the project has changed since the file was checked: the project already has a task 'b' (row 3); "
        "1 rows before it are written"
    )


def test_the_events_tell_what_happened(cast: Cast) -> None:
    job = imported(cast, "text\nx\n")
    found = Event.objects.filter(subject=job.uid).order_by("id").values_list("kind", "actor")
    assert list(found) == [("import_started", cast.owner.pk), ("import_finished", None)]
    assert Worker.objects.count() == len(cast.workers)
