"""Load: the whole server under a crowd over HTTP: rate, latency, lag, memory, disk, share of the raw SQL limit.

`python benchmarks/load.py [--minutes 10] [--tasks 100000] [--workers 64]` starts the processes of docker-compose.yml on
this machine: PostgreSQL with fsync, Redis, web, workers, beat. The crowd shares the machine's cores with them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from frame import Report, start
from load_crowd import Person, Tally
from load_stage import add_project, database_bytes, make_run, memory_mb, set_up_django
from raw_limit import cycles_per_second

SERVICES = ("web", "worker", "slow-worker", "webhook-worker", "beat", "redis")
DRAIN_SECONDS = 300.0
# Growth from the second minute to the last that counts as flat.
FLAT = 1.10


def configure(parser: argparse.ArgumentParser) -> None:
    """Sizes."""
    parser.add_argument("--minutes", type=float, help="how long; 10, with --quick 0.5")
    parser.add_argument("--tasks", type=int, help="100,000, with --quick 5,000")
    parser.add_argument("--workers", type=int, default=64, help="people who work at once")
    parser.add_argument("--overlap", type=int, default=3)
    parser.add_argument("--web", type=int, default=2, help="web processes")
    parser.add_argument("--job-processes", type=int, default=2, help="processes of each Celery worker")
    parser.add_argument("--raw-seconds", type=int, default=20, help="how long pgbench runs")


def main() -> None:
    """Run the load; print the figures."""
    report = start("The server under load over HTTP", configure=configure)
    options = report.options
    minutes = options.minutes or (0.5 if report.quick else 10.0)
    tasks = options.tasks or (5_000 if report.quick else 100_000)
    folder = Path(tempfile.mkdtemp(prefix="assay-load-"))
    # PostgreSQL runs as another user where this is root, and must come through.
    folder.chmod(0o755)
    run = make_run(folder, web=options.web, workers=options.job_processes)
    try:
        run.stack.start()
        set_up_django(run.direct_database_url, folder)
        project, people = add_project(tasks=tasks, overlap=options.overlap, workers=options.workers)
        run.stack.wait_until_well()
        report.say(f"  {tasks} tasks of {options.overlap} places, {options.workers} workers, {minutes:g} minutes")
        _measure(report, run, project, people, minutes)
        _raw(report, options)
    finally:
        run.stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    report.finish()


def _measure(report: Report, run: Any, project: Any, people: list[Any], minutes: float) -> None:
    tally, over = Tally(), threading.Event()
    address = f"http://127.0.0.1:{run.places.web_port}"
    crowd = [
        Person(name=one.name, key=one.key, address=address, project=str(project.uid), tally=tally, is_over=over.is_set)
        for one in people
    ]
    before = database_bytes()
    lags: list[float] = []
    memory: list[dict[str, float]] = []
    began = time.monotonic()
    for person in crowd:
        person.start()
    end = began + minutes * 60
    # Once everybody is at work: what processes grow to at first is not a leak.
    warm = began + min(60.0, minutes * 60 / 4)
    while time.monotonic() < end and any(person.is_alive() for person in crowd):
        time.sleep(1.0)
        lags.append(_oldest_seconds())
        if time.monotonic() > warm and (not memory or time.monotonic() > end - 2.0):
            memory.append(_memory(run))
    over.set()
    for person in crowd:
        person.join(60)
    seconds = time.monotonic() - began
    memory.append(_memory(run))
    answers = len(tally.acknowledged)
    report.answers_per_second = answers / seconds  # type: ignore[attr-defined]
    report.figure("answers", answers / seconds, "1/s", answers=answers, seconds=round(seconds))
    for call in ("claim", "submit"):
        for q, word in ((0.5, "50th"), (0.95, "95th"), (0.99, "99th")):
            report.figure(f"{call}: {word} percentile", float(np.quantile(tally.seconds[call], q)) * 1000, "ms")
    report.figure("lag of processing under load: 50th percentile", float(np.quantile(lags, 0.5)), "s")
    report.figure("lag of processing under load: largest", max(lags), "s")
    report.figure("processed after the load ended in", _drain(project), "s")
    report.figure("database", (database_bytes() - before) / answers, "bytes/answer")
    for name in (*SERVICES, "db"):
        first, last = memory[0][name], memory[-1][name]
        report.say(f"  {'memory of ' + name:<58} {first:>8.0f} MB at first, {last:.0f} MB at the end")
    ours = [sum(row[name] for name in SERVICES if name != "redis") for row in (memory[0], memory[-1])]
    # A short look ends while caches still fill.
    bar = ("<=", FLAT) if minutes >= 5 else None
    report.figure("memory at the end / at first, our processes", ours[1] / ours[0], "x", bar=bar)
    for name, n in sorted(tally.counts.items()):
        report.say(f"  {name}: {n}")
    report.figure("violations seen by the crowd", len(tally.violations), "", bar=("<=", 0))
    for violation in tally.violations[:5]:
        report.say(f"  {violation}")


def _raw(report: Report, options: argparse.Namespace) -> None:
    from config.stack.bare import postgres_programs

    size = 20_000 if report.quick else 100_000
    raw = cycles_per_second(
        programs=postgres_programs(), clients=options.workers, seconds=options.raw_seconds, tasks=size
    )
    report.figure("the same statements from pgbench, nothing else running", raw, "1/s")
    share = report.answers_per_second / raw  # type: ignore[attr-defined]
    report.figure("share of the raw SQL limit", share * 100, "%")


def _oldest_seconds() -> float:
    """How long the oldest unprocessed answer has waited."""
    from django.utils import timezone

    from crowd.models import Answer

    oldest = (
        Answer.objects.filter(processed_at__isnull=True).order_by("id").values_list("created_at", flat=True).first()
    )
    return 0.0 if oldest is None else (timezone.now() - oldest).total_seconds()


def _drain(project: Any) -> float:
    from crowd.models import Answer

    began = time.monotonic()
    while Answer.objects.filter(project=project, processed_at__isnull=True).exists():
        if time.monotonic() - began > DRAIN_SECONDS:
            return float("inf")
        time.sleep(0.5)
    return time.monotonic() - began


def _memory(run: Any) -> dict[str, float]:
    return {name: memory_mb(one.pid) for name, one in run.stack.members.items()}


if __name__ == "__main__":
    main()
