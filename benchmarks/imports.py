"""Measures imports: tasks as JSON lines and CSV, a crowd as task,worker,label, in fresh processes.

scripts/with_servers python -m benchmarks.imports
python -m benchmarks.imports --quick                  (SQLite, in a folder that is thrown away)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.claims_stage import set_up_django
from benchmarks.frame import peak_memory_mb, start
from benchmarks.processor_time import database_seconds

TASKS, QUICK_TASKS = 200_000, 5_000
OVERLAP = 5
BAR_SECONDS = 60.0
BAR_CPU_SECONDS = 60.0
NAMES = {
    "store": "stored",
    "check": "checked",
    "write": "written",
    "cpu": "processor time of the process",
    "database": "processor time of the database",
}
BAR_MB = 400.0
WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "people", "said", "nothing", "about", "it", "all", "day", "long"]


def write_file(path: Path, kind: str, tasks: int) -> int:
    """Write a file of the kind; returns its rows."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        if kind == "long":
            stream.write("task,worker,label\n")
            for i in range(tasks):
                for j in range(OVERLAP):
                    stream.write(f"t{i},w{(i * 7 + j * 13) % 500},{'yes' if (i + j) % 3 else 'no'}\n")
            return tasks * OVERLAP
        if kind == "csv":
            stream.write("key,text,source,priority\n")
        for i in range(tasks):
            text = " ".join(WORDS[(i * k) % len(WORDS)] for k in range(1, 25))
            if kind == "csv":
                stream.write(f't{i},"{text}",web,{i % 3}\n')
            else:
                stream.write(json.dumps({"key": f"t{i}", "payload": {"text": text, "source": "web"}}) + "\n")
    return tasks


def blocks(path: Path) -> Iterator[bytes]:
    """The file, a mebibyte at a time, as an upload comes."""
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            yield block


def measure(kind: str, tasks: int) -> dict[str, Any]:
    """Store a file and import it, in this process."""
    set_up_django()
    from datetime import timedelta

    from crowd.models import Answer, Task, User
    from crowd.queries.exactness import broken_promises
    from crowd.services.import_runs import run_import
    from crowd.services.imports import create_import, plan_import
    from crowd.services.projects import ProjectPlan, create_project
    from crowd.services.stored_files import store_file

    owner = User.objects.create_user(f"{uuid.uuid4()}@bench.invalid", name="owner")
    plan = ProjectPlan(name=kind, labels=({"value": "yes"}, {"value": "no"}), min_overlap=3, max_overlap=OVERLAP)
    project = create_project(plan=plan, owner=owner)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"tasks.{'jsonl' if kind == 'jsonl' else 'csv'}"
        rows = write_file(path, kind, tasks)
        size = path.stat().st_size
        before_mb = peak_memory_mb()
        database = database_seconds()
        began, cpu = time.perf_counter(), time.process_time()
        file = store_file(project=project, blocks=blocks(path), limit_bytes=1 << 30, keep=timedelta(days=1))
        stored = time.perf_counter()
        job = create_import(project=project, file=file, plan=plan_import(mapping=[]), actor=owner)
        run_import(import_id=job.pk)
        ended, cpu = time.perf_counter(), time.process_time() - cpu
        database = None if database is None else (database_seconds() or 0.0) - database
    job.refresh_from_db()
    assert job.state == "finished", job.problem
    assert Task.objects.filter(project=project).count() == tasks
    assert Answer.objects.filter(project=project).count() == (rows if kind == "long" else 0)
    broken = broken_promises(project) if tasks <= QUICK_TASKS else {}
    assert job.writing_since is not None
    assert job.started_at is not None
    assert job.finished_at is not None
    return {
        "rows": rows,
        "megabytes": size / 1e6,
        "seconds": ended - began,
        "cpu_seconds": cpu,
        "database_seconds": database,
        "store_seconds": stored - began,
        "check_seconds": (job.writing_since - job.started_at).total_seconds(),
        "write_seconds": (job.finished_at - job.writing_since).total_seconds(),
        "peak_mb": peak_memory_mb(),
        "before_mb": before_mb,
        "broken": sum(broken.values()),
    }


def configure(parser: argparse.ArgumentParser) -> None:
    """The script's own options."""
    parser.add_argument("--tasks", type=int, default=None)
    parser.add_argument("--one", default=None, help=argparse.SUPPRESS)


def main() -> None:
    """Measure each kind of file in a process of its own, so that one's memory is not the other's."""
    if "--one" in sys.argv:
        kind, tasks = sys.argv[-2:]
        print(json.dumps(measure(kind, int(tasks))))
        return
    report = start("Imports", configure=configure)
    tasks = report.options.tasks or (QUICK_TASKS if report.quick else TASKS)
    database = os.environ.get("DATABASE_URL", "")
    is_postgres = database.startswith("postgres")
    report.say(f"  {'PostgreSQL' if is_postgres else 'SQLite'}, {tasks} tasks\n")
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | ({} if is_postgres else {"ASSAY_STATE_DIR": folder, "DATABASE_URL": ""})
        for kind in ("jsonl", "csv", "long"):
            command = [sys.executable, "-m", "benchmarks.imports", "--one", kind, str(tasks)]
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if ran.returncode:
                sys.exit(ran.stderr)
            found = json.loads(ran.stdout.splitlines()[-1])
            sizes = {"rows": found["rows"], "MB": round(found["megabytes"], 1)}
            bar = ("<=", BAR_SECONDS) if is_postgres and kind != "long" else None
            report.figure(f"{kind}: upload stored, checked, written", found["seconds"], "s", bar=bar, **sizes)
            for part, words in NAMES.items():
                if found[f"{part}_seconds"] is not None:
                    report.figure(f"{kind}: {words}", found[f"{part}_seconds"], "s")
            # The clock can be no better than this on an idle machine, and others' load does not change it.
            both = found["cpu_seconds"] + (found["database_seconds"] or 0.0)
            cpu_bar = bar and ("<=", BAR_CPU_SECONDS)
            report.figure(f"{kind}: processor time of both", both, "s", bar=cpu_bar)
            report.figure(f"{kind}: rows a second", found["rows"] / found["seconds"], "rows/s")
            report.figure(f"{kind}: peak memory of the process", found["peak_mb"], "MB", bar=("<=", BAR_MB))
            report.figure(f"{kind}: of that before the import", found["before_mb"], "MB")
    report.finish()


if __name__ == "__main__":
    main()
