"""Sets the stage of `claims.py`: a project with tasks, workers with keys, veterans, and a server to call."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Places for all runs at a size; the overlap is what spreads them over the tasks.
PLACES = 250_000
CLIENTS = 16


@dataclass(frozen=True)
class Player:
    """A worker of the benchmark."""

    worker_id: int
    key: str


@dataclass(frozen=True)
class Stage:
    """One project, ready to work on."""

    project_uid: str
    tasks: int
    newcomers: list[Player]
    veterans: list[Player]
    veteran_answers: int


def set_up_django() -> None:
    """Migrate the database that DATABASE_URL or ASSAY_STATE_DIR names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def make_stage(tasks: int, *, newcomers: int, veterans: int, veteran_answers: int) -> Stage:
    """A live project with open tasks, people on it, and veterans who have answered some of the tasks."""
    from django.db import connection

    from crowd.models import Answer, Task, User
    from crowd.policies.routing import BEGUN, routed
    from crowd.services.projects import ProjectPlan, create_project

    overlap = max(5, -(-PLACES // tasks))
    owner = User.objects.create_user(f"{uuid.uuid4()}@bench.invalid", name="owner")
    plan = ProjectPlan(
        name=f"{tasks} tasks",
        labels=tuple({"value": value} for value in ("yes", "no", "unsure")),
        min_overlap=overlap,
        max_overlap=overlap,
        gold_rate=0.0,
        price_micros=10_000,
        budget_micros=10**12,
    )
    project = create_project(plan=plan, owner=owner)
    project.state = "live"
    project.save(update_fields=["state"])
    _insert_tasks(project, tasks, overlap)
    people = _add_people(project, owner, newcomers + veterans)
    for player in people[newcomers:]:
        _insert_past(project.pk, player.worker_id, veteran_answers)
    begun = Answer.objects.filter(project=project).values("task_id")
    Task.objects.filter(pk__in=begun).update(priority=routed(asked=0, band=BEGUN))
    with connection.cursor() as cursor:
        # Analyzed while full: the state in which a plan that rests on statistics goes wrong.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return Stage(str(project.uid), tasks, people[:newcomers], people[newcomers:], veteran_answers)


def _add_people(project: Any, owner: Any, n: int) -> list[Player]:
    from crowd.services.workers import NewWorker, add_workers

    if n == 0:
        return []
    added = add_workers(project=project, workers=[NewWorker(name=f"w{i}") for i in range(n)], actor=owner)
    return [Player(one.worker.pk, one.key) for one in added]


def _insert_tasks(project: Any, n: int, overlap: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from crowd.models import Task

    if connection.vendor != "postgresql":
        Task.objects.bulk_create(
            (
                Task(project=project, key=f"t{i}", payload={"text": f"text {i}"}, overlap=overlap, open_slots=overlap,
                     is_open=True)
                for i in range(n)
            ),
            batch_size=2000,
        )  # fmt: skip
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crowd_task (uid, project_id, key, payload, state, overlap, open_slots, is_open, priority, rnd,"
            " opened_at, created_at) SELECT gen_random_uuid(), %s, 't' || i, jsonb_build_object('text', 'text ' || i),"
            " 'open', %s, %s, true, 0, random(), %s, %s FROM generate_series(1, %s) i",
            [project.pk, overlap, overlap, timezone.now(), timezone.now(), n],
        )


def _insert_past(project_id: int, worker_id: int, n: int) -> None:
    """Answers of an earlier time, to the same tasks for every veteran; they stay open, as they do with a high overlap.

    The tasks stand where processed answers put them: begun, so before all others. Nothing in their level is left for
    a veteran, the worst that routing can do to one.
    """
    from django.db import connection

    if not n:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _past_on_postgresql(cursor, project_id, worker_id, n)
        else:
            _past_on_sqlite(cursor, project_id, worker_id, n)
        cursor.execute(
            "UPDATE crowd_enrolment SET claims = %s WHERE project_id = %s AND worker_id = %s",
            [n, project_id, worker_id],
        )


def _past_on_sqlite(cursor: Any, project_id: int, worker_id: int, n: int) -> None:
    cursor.execute(
        "INSERT INTO crowd_assignment (uid, project_id, task_id, worker_id, state, is_gold, holds_place,"
        " reserved_micros, claimed_at, deadline, ended_at) SELECT lower(hex(randomblob(16))), %s, id, %s, 'submitted',"
        " 0, 0, 0, datetime('now'), datetime('now'), datetime('now')"
        " FROM (SELECT id FROM crowd_task WHERE project_id = %s ORDER BY id * 2654435761 %% 4294967296 LIMIT %s)",
        [project_id, worker_id, project_id, n],
    )
    cursor.execute(
        "INSERT INTO crowd_answer (uid, project_id, task_id, worker_id, assignment_id, value, label_index, is_gold,"
        " is_model, holds_place, is_surplus, elapsed_seconds, created_at, process_attempts, processed_at)"
        " SELECT lower(hex(randomblob(16))), %s, task_id, %s, id, '\"yes\"', 0, 0, 0, 0, 0, 1, datetime('now'), 0,"
        " datetime('now') FROM crowd_assignment WHERE worker_id = %s AND project_id = %s",
        [project_id, worker_id, worker_id, project_id],
    )


def _past_on_postgresql(cursor: Any, project_id: int, worker_id: int, n: int) -> None:
    cursor.execute(
        "WITH seen AS (SELECT id FROM crowd_task WHERE project_id = %s ORDER BY md5(id::text) LIMIT %s),"
        " past AS (INSERT INTO crowd_assignment (uid, project_id, task_id, worker_id, state, is_gold, holds_place,"
        " reserved_micros, claimed_at, deadline, ended_at) SELECT gen_random_uuid(), %s, id, %s, 'submitted',"
        " false, false, 0, now(), now(), now() FROM seen RETURNING id, task_id)"
        " INSERT INTO crowd_answer (uid, project_id, task_id, worker_id, assignment_id, value, label_index,"
        " is_gold, is_model, holds_place, is_surplus, elapsed_seconds, created_at, process_attempts,"
        " processed_at)"
        " SELECT gen_random_uuid(), %s, task_id, %s, id, '\"yes\"', 0, false, false, false, false, 1, now(), 0,"
        " now()"
        " FROM past",
        [project_id, n, project_id, worker_id, project_id, worker_id],
    )


@contextmanager
def server(*, processes: int, threads: int) -> Iterator[tuple[int, int]]:
    """Serve the API alone: no jobs run, so that what is measured is claims with submits; yields port, process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {"ASSAY_EMBEDDED_WORKER": "0"}
    environment.pop("REDIS_URL", None)
    command = [
        *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", str(port)),
        *("--workers", str(processes), "--blocking-threads", str(threads), "--no-access-log", "--no-ws"),
        *("--log-level", "warning", "config.wsgi:application"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)
