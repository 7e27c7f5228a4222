"""Sets the stage of `load.py` and `chaos.py`: the processes of docker-compose.yml, a project with tasks, its crowd."""

from __future__ import annotations

import os
import secrets
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load_crowd import LABELS

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 20_000
PRICE_MICROS = 10_000


@dataclass(frozen=True)
class Worker:
    """A worker of the load with the key to call with."""

    name: str
    key: str


def make_run(
    folder: Path,
    *,
    web: int,
    workers: int,
    web_port: int | None = None,
    database_by: str | None = None,
    postgres_options: tuple[str, ...] = (),
) -> Any:
    """The stack, not started: its own PostgreSQL with fsync and Redis; plain HTTP, no limit of calls."""
    sys.path.insert(0, str(ROOT))
    from config.stack.assemble import assemble
    from config.stack.bare import free_port

    variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ASSAY_HOSTS": "127.0.0.1",
        "ASSAY_WEB_PROCESSES": str(web),
        "ASSAY_WORKER_PROCESSES": str(workers),
    }
    extra = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "ASSAY_RATE_WORK": "0"}
    return assemble(
        folder,
        variables=variables,
        extra=extra,
        web_port=web_port or free_port(),
        database_by=database_by,
        postgres_options=postgres_options,
    )


def set_up_django(database_url: str, folder: Path) -> None:
    """This process's own way to the database, past any proxy; it runs no jobs and enqueues none."""
    os.environ["DATABASE_URL"] = database_url
    os.environ["ASSAY_STATE_DIR"] = str(folder / "bench")
    os.environ.pop("REDIS_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    import django

    django.setup()


def add_project(*, tasks: int, overlap: int, workers: int, lease_seconds: int = 900) -> tuple[Any, list[Worker]]:
    """A live project with priced tasks, golds and people with keys."""
    from crowd.models import User
    from crowd.services.projects import ProjectPlan, create_project, launch_project
    from crowd.services.tasks import NewGold, NewTask, add_golds, add_tasks
    from crowd.services.workers import NewWorker, add_workers

    owner = User.objects.create_user(f"load-{uuid.uuid4()}@bench.invalid", name="owner")
    plan = ProjectPlan(
        name=f"{tasks} tasks under load",
        labels=tuple({"value": value} for value in LABELS),
        min_overlap=overlap,
        max_overlap=overlap,
        gold_rate=0.02,
        lease_seconds=lease_seconds,
        price_micros=PRICE_MICROS,
        budget_micros=PRICE_MICROS * overlap * tasks * 5 // 4 + PRICE_MICROS * 1000 * workers,
    )
    project = create_project(plan=plan, owner=owner)
    for start in range(0, tasks, CHUNK):
        new = [NewTask(key=f"t{i}", payload={"text": f"task {i}"}) for i in range(start, min(tasks, start + CHUNK))]
        add_tasks(project=project, tasks=new, actor=owner)
    # Every value is right: nobody is to be suspended in the middle of a measurement.
    golds = [NewGold(key=f"g{i}", payload={"text": f"gold {i}"}, labels=LABELS) for i in range(200)]
    add_golds(project=project, golds=golds, actor=owner)
    launch_project(project=project, actor=owner)
    new_workers = [NewWorker(name=f"w{i}") for i in range(workers)]
    added = add_workers(project=project, workers=new_workers, actor=owner)
    return project, [Worker(f"w{i}", one.key or "") for i, one in enumerate(added)]


def database_bytes() -> int:
    """The size of the database on disk."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def memory_mb(pid: int | None) -> float:
    """Proportional set size of a process with its descendants, in MB (10^6 bytes): shared pages count once."""
    total = 0
    for one in [] if pid is None else tree_of(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


def tree_of(root: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    tree = [root]
    for pid in tree:
        tree += children.get(pid, [])
    return tree
