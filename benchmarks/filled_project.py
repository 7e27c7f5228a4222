"""Fills a database with one large project straight through SQL, for benchmarks of what reads it."""

from __future__ import annotations

import numpy as np
from django.db import connection

from crowd.enums import TaskState
from crowd.models import Enrolment, Project, Task, User, Worker
from crowd.services.projects import ProjectPlan, create_project

BLOCK = 50_000


def fill(*, n_tasks: int, per_task: int, n_labels: int, n_workers: int, seed: int = 0) -> Project:
    """A live project whose workers give the right one of ``n_labels`` labels with probability .5 to .95.

    Constraints and triggers rest meanwhile; the rows are what the services would have written.
    """
    owner = User.objects.create_user("owner@bench.invalid")
    labels = tuple({"value": str(i), "title": str(i)} for i in range(n_labels))
    # The steady state of a large project: its tasks are complete, and the bar is low enough for them to stay so.
    target = 1 / n_labels + 0.01
    plan = ProjectPlan(
        name="large", labels=labels, min_overlap=per_task, max_overlap=per_task, target_confidence=target
    )
    project = create_project(plan=plan, owner=owner)
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_labels, n_tasks)
    accuracy = rng.uniform(0.5, 0.95, n_workers)
    with connection.cursor() as cursor:
        is_postgres = connection.vendor == "postgresql"
        cursor.execute("SET session_replication_role = replica" if is_postgres else "PRAGMA foreign_keys = OFF")
        uid = "gen_random_uuid()" if is_postgres else "lower(hex(randomblob(16)))"
        now = "now()" if is_postgres else "'2026-01-01 00:00:00+00:00'"
        yes, no = ("true", "false") if is_postgres else ("1", "0")
        for start in range(0, n_workers, BLOCK):
            ids = range(start + 1, min(start + BLOCK, n_workers) + 1)
            Worker.objects.bulk_create(Worker(id=i, user_id=i + 10, name=f"w{i}") for i in ids)
            Enrolment.objects.bulk_create(Enrolment(id=i, project=project, worker_id=i) for i in ids)
        answer_id = 0
        for start in range(0, n_tasks, BLOCK):
            tasks = np.arange(start, min(start + BLOCK, n_tasks))
            Task.objects.bulk_create(
                Task(
                    id=int(t) + 1, project=project, key=f"t{t}", payload={}, state=TaskState.COMPLETE, overlap=per_task
                )
                for t in tasks
            )
            # A run of neighbours from a random start: distinct workers for each task.
            workers = (rng.integers(0, n_workers, len(tasks))[:, None] + np.arange(per_task)) % n_workers
            right = rng.random(workers.shape) < accuracy[workers]
            other = (truth[tasks][:, None] + rng.integers(1, n_labels, workers.shape)) % n_labels
            given = np.where(right, truth[tasks][:, None], other)
            rows = [
                (answer_id + i + 1, int(t) + 1, int(w) + 1, answer_id + i + 1, int(k))
                for i, (t, w, k) in enumerate(
                    zip(np.repeat(tasks, per_task), workers.ravel(), given.ravel(), strict=True)
                )
            ]
            answer_id += len(rows)
            _many(
                cursor,
                "crowd_answer (id, uid, project_id, task_id, worker_id, assignment_id, value, label_index, "
                "is_gold, is_model, holds_place, is_surplus, elapsed_seconds, created_at, processed_at, "
                "process_attempts)",
                f"(%s, {uid}, {project.pk}, %s, %s, %s, '\"x\"', %s, {no}, {no}, {yes}, {no}, 1.0, {now}, {now}, 0)",
                rows,
            )
        if is_postgres:
            cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    if is_postgres:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM crowd_answer")
    return project


def _many(cursor: object, target: str, template: str, rows: list[tuple[object, ...]]) -> None:
    per_statement = 500
    for start in range(0, len(rows), per_statement):
        part = rows[start : start + per_statement]
        values = ", ".join([template] * len(part))
        cursor.execute(f"INSERT INTO {target} VALUES {values}", [cell for row in part for cell in row])  # type: ignore[attr-defined]
