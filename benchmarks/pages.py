"""Measures the server's time for every manager page of a project with a million answers, in one process.

python benchmarks/pages.py                          (SQLite, in a folder that is thrown away)
python benchmarks/pages.py --database postgresql    (a server of its own)

Pages are found in the table of addresses, so that a new one is measured without being named here; one that asks for a
task, a worker or another row gets the first there is, and is listed as left out where there is none. The panels' jobs
have run before, as they do in the server; what they cost is printed too.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frame

ROOT = Path(__file__).resolve().parent.parent
PER_TASK = 5
BAR_MS = 300.0
GOLDS = 100
DISPUTES = 1_000


def configure(parser: argparse.ArgumentParser) -> None:
    """The script's own options."""
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--tasks", type=int, help="tasks of five answers each; default 200,000, with --quick 4,000")
    parser.add_argument("--requests", type=int, default=40, help="requests of each page")


def main() -> None:
    """Fill a database of its own, then ask for every page."""
    report = frame.start("Manager pages", configure=configure)
    if report.options.database == "postgresql" and "ASSAY_BENCH_SERVER" not in os.environ:
        command = [str(ROOT / "scripts" / "with_servers"), sys.executable, *sys.argv]
        sys.exit(subprocess.run(command, env=os.environ | {"ASSAY_BENCH_SERVER": "1"}, check=False).returncode)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_STATE_DIR"] = folder
        if report.options.database == "sqlite":
            os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        _measure(report)
    report.finish()


def _measure(report: frame.Report) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from crowd.services.panels import refresh_panels
    from crowd.services.refit import refit_project

    # As in production: a template is read once, and no query is kept for the debugger.
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    logging.getLogger("django.request").setLevel(logging.ERROR)
    call_command("migrate", verbosity=0)
    tasks = report.options.tasks or (4_000 if report.quick else 200_000)
    with frame.timed() as filling:
        project = _fill(tasks)
    sizes = {"database": report.options.database, "answers": tasks * PER_TASK}
    report.say(f"  (filled in {filling.wall_seconds:.0f} s)")
    with frame.timed() as refit:
        refit_project(project_id=project.pk)
    report.figure("job: full refit", refit.wall_seconds, "s", **sizes)
    _dispute(project)
    with frame.timed() as panels:
        refresh_panels(project_id=project.pk)
    report.figure("job: all panels", panels.wall_seconds, "s", **sizes)
    client = Client()
    client.force_login(_owner(project))
    report.say(f"\n  {'page':<44}{'median':>10}{'95th':>10}{'CPU':>10}   milliseconds")
    slowest: tuple[float, str] = (0.0, "")
    left_out = []
    for name, address in _pages(project):
        if address is None:
            left_out.append(name)
            continue
        status = client.get(address).status_code
        if status != 200:
            # 405: takes forms only. Anything else would be a page that nobody measured.
            left_out.extend([] if status == 405 else [f"{name} ({status})"])
            continue
        clock, cpu = _ask(client, address, report.options.requests)
        p95 = statistics.quantiles(clock, n=20)[-1]
        slowest = max(slowest, (p95, name))
        report.say(f"  {name:<44}{statistics.median(clock):>10.1f}{p95:>10.1f}{cpu:>10.1f}")
    report.say(f"  left out, for want of a row or with another status: {', '.join(left_out) or 'none'}\n")
    report.figure("slowest page, 95th percentile", slowest[0], "ms", bar=("<=", BAR_MS), page=slowest[1], **sizes)


def _ask(client: Any, address: str, requests: int) -> tuple[list[float], float]:
    """Clock of each request, mean CPU of this process; milliseconds."""
    clock = []
    cpu = time.process_time()
    for _ in range(requests):
        began = time.perf_counter()
        reply = client.get(address)
        b"".join(reply) if reply.streaming else reply.content
        clock.append((time.perf_counter() - began) * 1000)
    return clock, (time.process_time() - cpu) * 1000 / requests


def _pages(project: Any) -> Iterator[tuple[str, str | None]]:
    """Name with address of every page under manage/ that can be read; without one where its row is missing."""
    from django.urls import reverse

    from web.manager.panels import TITLES
    from web.urls import urlpatterns

    for pattern in urlpatterns:
        name = pattern.name
        if not str(pattern.pattern).startswith("manage/<uuid:project>/") or name == "manage-panel-csv":
            continue
        if name == "manage-panel":
            for title in TITLES:
                yield f"{name} {title}", reverse(name, args=[project.uid, title])
            continue
        wanted = [part for part in pattern.pattern.converters if part != "project"]
        found = {part: _first(part, name, project) for part in wanted}
        if None in found.values():
            yield name, None
        else:
            yield name, reverse(name, kwargs={"project": project.uid, **found})


def _first(part: str, name: str, project: Any) -> Any:
    from crowd.models import Consensus, Enrolment, Gold, Task

    if part == "task" and "dispute" in name:
        return Task.objects.filter(project=project, state="disputed").values_list("uid", flat=True).first()
    finders = {
        "task": lambda: Consensus.objects.filter(project=project).values_list("task__uid", flat=True).first(),
        "worker": lambda: Enrolment.objects.filter(project=project).values_list("worker__uid", flat=True).first(),
        "gold": lambda: Gold.objects.filter(project=project).values_list("uid", flat=True).first(),
    }
    return finders[part]() if part in finders else None


def _owner(project: Any) -> Any:
    from crowd.enums import Role
    from crowd.models import Membership

    return Membership.objects.get(project=project, role=Role.OWNER).user


def _fill(tasks: int) -> Any:
    from django.db import connection
    from filled_project import fill

    from crowd.services.tasks import NewGold, add_golds

    project = fill(n_tasks=tasks, per_task=PER_TASK, n_labels=3, n_workers=max(10, tasks // 50))
    golds = [NewGold(key=f"g{i}", payload={"text": f"gold {i}"}, labels=("1",)) for i in range(GOLDS)]
    _reset_ids(connection)
    add_golds(project=project, golds=golds, actor=_owner(project))
    with connection.cursor() as cursor:
        uid = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
        false, true = ("false", "true") if connection.vendor == "postgresql" else ("0", "1")
        cursor.execute(
            "INSERT INTO crowd_assignment (id, uid, project_id, task_id, worker_id, state, is_gold, holds_place,"
            " reserved_micros, claimed_at, deadline, ended_at)"
            f" SELECT assignment_id, {uid}, project_id, task_id, worker_id, 'submitted', {false}, {true},"
            " 0, created_at, created_at, created_at FROM crowd_answer"
        )
        cursor.execute("ANALYZE")
    return project


def _reset_ids(connection: Any) -> None:
    """Rows came with their ids: the sequences of PostgreSQL must follow."""
    from django.apps import apps
    from django.core.management.color import no_style

    statements = connection.ops.sequence_reset_sql(no_style(), apps.get_app_config("crowd").get_models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _dispute(project: Any) -> None:
    from crowd.models import Task

    first = list(Task.objects.filter(project=project, state="complete").order_by("id").values("id")[:DISPUTES])
    Task.objects.filter(id__in=[row["id"] for row in first]).update(state="disputed")


if __name__ == "__main__":
    main()
