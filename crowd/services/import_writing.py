"""Writes a judged chunk of an import: tasks, golds, workers, their answers; in the caller's transaction."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from crowd.enums import AssignmentState, TaskState, WorkerKind
from crowd.jobs import enqueue_answer
from crowd.models import Answer, Assignment, Enrolment, ImportedWorker, Project, Task, User, Worker
from crowd.models.user import MACHINE_DOMAIN
from crowd.policies.votes import first_vote_state, takes_place
from crowd.services.bulk_rows import insert_rows, row_maker
from crowd.services.import_judging import ReadyAnswer, ReadyRow, WorkerName, takes_part
from crowd.services.tasks import NewGold, NewTask, insert_golds, insert_tasks

BATCH = 2000


@dataclass
class Written:
    """How many rows of each kind a chunk has made."""

    tasks: int = 0
    golds: int = 0
    answers: int = 0
    workers: int = 0
    skips: int = 0


def write_rows(
    *, project: Project, rows: Sequence[ReadyRow], at: datetime, known: dict[WorkerName, int] | None = None
) -> Written:
    """Write the rows of a chunk; safe against others at the same tasks, which it locks in the order of their ids.

    ``known``: workers that earlier chunks have found in the database, and where this one remembers those it finds.
    An answer of a person takes an open place, else one more up to ``max_overlap``, else it is surplus; it earns
    nothing. Answers to real tasks count as processed: the full fit that follows an import decides about all of them.
    """
    written = Written()
    tasks = _write_tasks(project, rows, written)
    pairs = [(tasks[row.key], answer) for row in rows for answer in row.answers]
    skips = [(tasks[row.key], worker) for row in rows for worker in row.skips]
    if not pairs and not skips:
        return written
    models = {answer.worker: answer.model for _, answer in pairs if answer.model}
    names = dict.fromkeys([answer.worker for _, answer in pairs] + [worker for _, worker in skips])
    workers = _write_workers(project, list(names), models, written, {} if known is None else known)
    placed = _take_places(project, pairs, {tasks[row.key].pk for row in rows if row.task_id is None})
    _write_answers(project, pairs, placed, workers, at)
    _write_skips(project, skips, workers, at)
    written.answers, written.skips = len(pairs), len(skips)
    return written


def _write_tasks(project: Project, rows: Sequence[ReadyRow], written: Written) -> dict[str, Task]:
    """The tasks of the rows by their keys; those that do not exist are made from the first row that names them."""
    first: dict[str, ReadyRow] = {}
    for row in rows:
        first.setdefault(row.key, row)
    people = Counter(row.key for row in rows for answer in row.answers if takes_place(answer.worker[0]))
    golds = [row for row in first.values() if row.task_id is None and row.gold]
    plain = [row for row in first.values() if row.task_id is None and not row.gold]
    made = insert_tasks(
        project=project,
        tasks=[
            NewTask(key=row.key, payload=row.payload, priority=row.priority, answers=people[row.key]) for row in plain
        ],
    )
    made += insert_golds(
        project=project,
        golds=[
            NewGold(key=row.key, payload=row.payload, labels=tuple(row.gold or ()), reason=row.reason) for row in golds
        ],
    )
    written.tasks, written.golds = len(plain), len(golds)
    tasks = {task.key: task for task in made}
    known = [row.task_id for row in first.values() if row.task_id is not None]
    if known:
        locked = Task.objects.select_for_update(no_key=True).filter(pk__in=known).order_by("pk")
        tasks |= {task.key: task for task in locked.defer("payload")}
    return tasks


def _write_workers(
    project: Project,
    names: Sequence[WorkerName],
    models: dict[WorkerName, dict[str, Any]],
    written: Written,
    known: dict[WorkerName, int],
) -> dict[WorkerName, int]:
    """The ids of the workers that the files of this project call so; made, with an enrolment, where there is none.

    Two imports that make the same one at once: the second one's chunk breaks on the constraint and is tried again.
    """
    asked = {name for kind, name in names if (kind, name) not in known}
    if asked:
        rows = ImportedWorker.objects.filter(project=project, name__in=asked)
        # Only what was there before this transaction: what it makes may yet be undone.
        known |= {(kind, name): worker_id for kind, name, worker_id in rows.values_list("kind", "name", "worker_id")}
    missing = [name for name in names if name not in known]
    if not missing:
        return known
    users = User.objects.bulk_create(
        # Nobody has a password or a key for these.
        [User(email=f"imported-{uuid.uuid4()}@{MACHINE_DOMAIN}", password=make_password(None)) for _ in missing],
        batch_size=BATCH,
    )
    workers = Worker.objects.bulk_create(
        [
            Worker(user=user, kind=kind, name=name[:120], model=models.get((kind, name), {}))
            for user, (kind, name) in zip(users, missing, strict=True)
        ],
        batch_size=BATCH,
    )
    Enrolment.objects.bulk_create(
        [Enrolment(project=project, worker=worker, vote_state=first_vote_state(worker.kind)) for worker in workers],
        batch_size=BATCH,
    )
    ImportedWorker.objects.bulk_create(
        [
            ImportedWorker(project=project, kind=kind, name=name, worker=worker)
            for worker, (kind, name) in zip(workers, missing, strict=True)
        ],
        batch_size=BATCH,
    )
    written.workers = len(missing)
    return known | {name: worker.pk for name, worker in zip(missing, workers, strict=True)}


def _take_places(project: Project, pairs: Sequence[tuple[Task, ReadyAnswer]], new: set[int]) -> list[bool]:
    """Whether each answer holds a place of its task; the tasks that existed are locked, and are changed here."""
    # A new task was made with its places taken.
    left = Counter({task.pk: task.overlap - task.open_slots for task, _ in pairs if task.pk in new})
    placed: list[bool] = []
    changed: dict[int, Task] = {}
    for task, answer in pairs:
        has_place = takes_part(answer.worker[0], task.state)
        if has_place and task.pk in new:
            has_place = left[task.pk] > 0
            left[task.pk] -= has_place
        elif has_place:
            has_place = _take(task, project)
            if has_place:
                changed[task.pk] = task
        placed.append(has_place)
    Task.objects.bulk_update(changed.values(), ["overlap", "open_slots", "is_open"], batch_size=500)
    return placed


def _take(task: Task, project: Project) -> bool:
    if task.open_slots:
        task.open_slots -= 1
        task.is_open = task.is_open and task.open_slots > 0
        return True
    if task.overlap < project.max_overlap:
        task.overlap += 1
        return True
    return False


def _write_answers(
    project: Project,
    pairs: Sequence[tuple[Task, ReadyAnswer]],
    placed: Sequence[bool],
    workers: dict[WorkerName, int],
    at: datetime,
) -> None:
    lend = row_maker(Assignment, project_id=project.pk, state=AssignmentState.SUBMITTED)
    assignments = insert_rows(
        Assignment,
        [
            lend(
                task_id=task.pk,
                worker_id=workers[answer.worker],
                is_gold=task.state == TaskState.GOLD,
                holds_place=has_place,
                claimed_at=answer.answered_at - timedelta(seconds=answer.elapsed_seconds),
                deadline=answer.answered_at,
                ended_at=answer.answered_at,
            )
            for (task, answer), has_place in zip(pairs, placed, strict=True)
        ],
    )
    give = row_maker(Answer, project_id=project.pk)
    answers = insert_rows(
        Answer,
        [
            give(
                task_id=task.pk,
                worker_id=workers[answer.worker],
                assignment_id=assignment.pk,
                value=answer.value,
                label_index=answer.label_index,
                is_gold=task.state == TaskState.GOLD,
                is_model=answer.worker[0] != WorkerKind.HUMAN,
                holds_place=has_place,
                is_surplus=takes_part(answer.worker[0], task.state) and not has_place,
                elapsed_seconds=answer.elapsed_seconds,
                created_at=answer.answered_at,
                # An answer to a gold is scored by the job, one by one.
                processed_at=None if task.state == TaskState.GOLD else at,
            )
            for assignment, (task, answer), has_place in zip(assignments, pairs, placed, strict=True)
        ],
    )
    for row in answers:
        if row.processed_at is None:
            enqueue_answer(row.pk)


def _write_skips(
    project: Project, skips: Sequence[tuple[Task, WorkerName]], workers: dict[WorkerName, int], at: datetime
) -> None:
    insert_rows(
        Assignment,
        [
            Assignment(
                project=project,
                task=task,
                worker_id=workers[name],
                state=AssignmentState.SKIPPED,
                is_gold=task.state == TaskState.GOLD,
                holds_place=False,
                claimed_at=at,
                deadline=at,
                ended_at=at,
            )
            for task, name in skips
        ],
    )
