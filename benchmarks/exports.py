"""Measures exports of a million answers, each in a fresh process: rows a second, and memory that does not grow.

python benchmarks/exports.py                          (SQLite, in a folder that is thrown away)
python benchmarks/exports.py --database postgresql    (a server of its own)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import frame

ROOT = Path(__file__).resolve().parent.parent
PER_TASK = 5
BAR_MB = 200.0
EXPORTS = [(kind, file_format) for kind in ("answers", "consensus") for file_format in ("csv", "jsonl", "xlsx")]


def configure(parser: argparse.ArgumentParser) -> None:
    """The script's own options."""
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--tasks", type=int, help="tasks of five answers each; default 200,000, with --quick 10,000")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)


def main() -> None:
    """Fill a database of its own, then export from it."""
    report = frame.start("Exports", configure=configure)
    if report.options.database == "postgresql" and "ASSAY_BENCH_SERVER" not in os.environ:
        command = [str(ROOT / "scripts" / "with_servers"), sys.executable, *sys.argv]
        sys.exit(subprocess.run(command, env=os.environ | {"ASSAY_BENCH_SERVER": "1"}, check=False).returncode)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("ASSAY_STATE_DIR", folder)
        if report.options.database == "sqlite":
            os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        if report.options.one:
            _export(*report.options.one)
            return
        _measure(report)
    report.finish()


def _measure(report: frame.Report) -> None:
    tasks = report.options.tasks or (10_000 if report.quick else 200_000)
    with frame.timed() as filling:
        _fill(tasks)
    report.say(f"  ({report.options.database}, {tasks * PER_TASK} answers, filled in {filling.wall_seconds:.0f} s)\n")
    for kind, file_format in EXPORTS:
        command = [sys.executable, __file__, "--database", report.options.database, "--one", kind, file_format]
        # Its only other output is the report's first lines.
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(ran.stderr)
        found = json.loads(ran.stdout.splitlines()[-1])
        assert found["rows"] == (tasks * PER_TASK if kind == "answers" else tasks)
        name = f"{kind} as {file_format}"
        report.figure(f"{name}: rows a second", found["rows"] / found["seconds"], "rows/s", MB=round(found["MB"], 1))
        report.figure(f"{name}: clock", found["seconds"], "s")
        report.figure(f"{name}: processor time of the process", found["cpu_seconds"], "s")
        report.figure(f"{name}: peak memory of the process", found["peak_mb"], "MB", bar=("<=", BAR_MB))
        report.figure(f"{name}: of that before the export", found["before_mb"], "MB")


def _fill(tasks: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from filled_project import fill

    call_command("migrate", verbosity=0)
    project = fill(n_tasks=tasks, per_task=PER_TASK, n_labels=3, n_workers=max(10, tasks // 50))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crowd_consensus (task_id, project_id, label_index, posterior, confidence, answers, updated_at)"
            " SELECT id, project_id, id %% 3, '[0.5, 0.25, 0.25]', 0.5, 5, created_at FROM crowd_task"
            " WHERE project_id = %s",
            [project.pk],
        )


def _peak_mb() -> float:
    """Peak of this program, MB: `getrusage` would tell that of the larger process which started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6
    except OSError:
        return frame.peak_memory_mb()


def _export(kind: str, file_format: str) -> None:
    from crowd.models import Project
    from crowd.queries.exports import Counted, export_blocks, plan_for

    project = Project.objects.get(name="large")
    plan = plan_for(project, kind=kind, file_format=file_format, filters={})
    counted, size = Counted(), 0
    before_mb = _peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    for block in export_blocks(project, plan, counted):
        size += len(block)
    found = {
        "rows": counted.rows,
        "MB": size / 1e6,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": _peak_mb(),
        "before_mb": before_mb,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
