"""Chaos: kills, cuts, fills and jumps while a crowd works over HTTP, then counts what must never be.

`python benchmarks/chaos.py [--seconds 300]` starts the processes of docker-compose.yml on this machine with proxies in
between, on a small file system of the database's own where it may mount one (as root). Exits 1 unless violations = 0.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chaos_faults import WORKERS, Fault, SmallDisk, cut, jump_leases, kill
from chaos_verdict import violations, wait_for_quiet
from cut_proxy import CutProxy
from load_crowd import Person, Tally
from load_stage import add_project, make_run, set_up_django

LEASE_SECONDS = 20
# Patience, not a promise: what a loaded machine has left to do takes its time.
QUIET_SECONDS = 900.0
RECOVERY_SECONDS = 120.0
# Small write-ahead segments: a full disk is reached with less.
POSTGRES = ("-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB", "-c", "max_connections=200")


def main() -> int:
    """Run; the exit code."""
    options = _options()
    random.seed(options.seed)
    print(f"chaos: seed {options.seed}, {options.workers} workers, {options.tasks} tasks, {options.seconds:g} s")
    folder = Path(tempfile.mkdtemp(prefix="assay-chaos-"))
    # PostgreSQL runs as another user where this is root, and must come through.
    folder.chmod(0o755)
    disk = SmallDisk(folder / "stack" / "db", options.disk_megabytes)
    if not disk.is_mounted:
        print(f"NOT DONE: no disk is filled, for none can be mounted here ({disk.reason})")
    run, proxies = _stack(folder, options)
    try:
        run.stack.start()
        set_up_django(run.direct_database_url, folder)
        project, people = add_project(
            tasks=options.tasks, overlap=options.overlap, workers=options.workers, lease_seconds=LEASE_SECONDS
        )
        run.stack.wait_until_well()
        found = _play(run, proxies, disk, project, people, options)
    finally:
        run.stack.stop()
        for proxy in proxies.values():
            proxy.stop()
        disk.unmount()
        if options.keep:
            print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    total = sum(found.values())
    missed = [name for name, proxy in proxies.items() if not proxy.n_cut]
    for name in missed:
        print(f"NOT DONE: no connection to {name} was cut, for none was open; give it more --seconds or --workers")
    print(f"violations = {total}")
    return 1 if total or missed else 0


def _stack(folder: Path, options: argparse.Namespace) -> tuple[Any, dict[str, CutProxy]]:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from config.stack.bare import free_port

    front, between = free_port(), free_port()
    run = make_run(
        folder / "stack",
        web=options.web,
        workers=options.job_processes,
        database_by=f"127.0.0.1:{between}",
        postgres_options=POSTGRES,
    )
    proxies = {
        "the server": CutProxy(front, run.places.web_port),
        "the database": CutProxy(between, run.places.database_port),
    }
    for proxy in proxies.values():
        proxy.start()
    return run, proxies


def _play(
    run: Any,
    proxies: dict[str, CutProxy],
    disk: SmallDisk,
    project: Any,
    people: list[Any],
    options: argparse.Namespace,
) -> dict[str, int]:
    tally, over = Tally(), threading.Event()
    address = f"http://127.0.0.1:{proxies['the server'].listen}"
    crowd = [
        Person(
            name=one.name,
            key=one.key,
            address=address,
            project=str(project.uid),
            tally=tally,
            is_over=over.is_set,
            mischief=1.0,
        )
        for one in people
    ]
    for person in crowd:
        person.start()
    began = time.monotonic()
    for is_due, fault in _faults(run.stack, proxies, disk, project):
        # However slow the machine: every fault comes once.
        if not is_due and time.monotonic() - began > options.seconds:
            break
        time.sleep(options.every * (0.5 + random.random()))
        acknowledged = len(tally.acknowledged)
        try:
            done = fault()
        except Exception as error:
            # This process asks the database too, which may be down from the fault before.
            done = f"could not: {type(error).__name__}: {str(error).splitlines()[0]}"
        print(f"  {time.monotonic() - began:6.1f} s  {acknowledged:>6} answers  {done}", flush=True)
        _close_connections()
    # The last faults are to be lived through, too.
    run.stack.wait_until_well()
    _await_answers(tally, options.every * 2)
    over.set()
    for person in crowd:
        person.join(60)
    print(f"  the crowd rests; {len(tally.acknowledged)} answers were acknowledged", flush=True)
    _close_connections()
    quiet = time.monotonic()
    left = wait_for_quiet(project, QUIET_SECONDS)
    print(f"  quiet after {time.monotonic() - quiet:.0f} s")
    found = violations(project, tally, left)
    _say(run, tally, found)
    return found


def _faults(stack: Any, proxies: dict[str, CutProxy], disk: SmallDisk, project: Any) -> Iterator[tuple[bool, Fault]]:
    """Every fault once in each round, in an order that chance makes; whether it is of the first round."""
    for n in itertools.count():
        round_: list[Fault] = [
            lambda: kill(stack, "web", whole=False),
            lambda: kill(stack, "web", whole=True),
            lambda: kill(stack, "worker", whole=False),
            lambda: kill(stack, random.choice(WORKERS), whole=True),
            lambda: kill(stack, "beat", whole=True),
            lambda: kill(stack, "redis", whole=True),
            lambda: kill(stack, "db", whole=True),
            lambda: cut(proxies["the server"], "the server"),
            lambda: cut(proxies["the database"], "the database"),
            lambda: jump_leases(project, 3600),
            lambda: jump_leases(project, -LEASE_SECONDS),
        ]
        if disk.is_mounted:
            round_.append(disk.fill)
        random.shuffle(round_)
        yield from ((n == 0, fault) for fault in round_)


def _await_answers(tally: Tally, seconds: float) -> None:
    """Let the crowd work on; a server that serves nobody any more has not lived through it."""
    before, deadline = len(tally.acknowledged), time.monotonic() + RECOVERY_SECONDS
    time.sleep(seconds)
    while len(tally.acknowledged) == before:
        if time.monotonic() > deadline:
            with tally.lock:
                tally.violations.append(f"nobody was served in {RECOVERY_SECONDS:g} s after the last fault")
            return
        time.sleep(0.2)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _say(run: Any, tally: Tally, found: dict[str, int]) -> None:
    starts = ", ".join(f"{name} {one.starts}" for name, one in run.stack.members.items() if one.starts)
    print(f"  starts: {starts}")
    for name, n in sorted(tally.counts.items()):
        print(f"  {name}: {n}")
    for name, n in found.items():
        print(f"  {name} = {n}")
    for violation in tally.violations[:10]:
        print(f"  {violation}")
    log = run.stack.members["web"].log.read_text(errors="replace")
    print(f"  answered with 500: {log.count('Internal Server Error')}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300, help="how long faults go on")
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two faults, on average")
    parser.add_argument("--tasks", type=int, help="70 a second unless told, at least 2000: more than can be done")
    parser.add_argument("--overlap", type=int, default=3)
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--web", type=int, default=2, help="web processes")
    parser.add_argument("--job-processes", type=int, default=2, help="processes of each Celery worker")
    parser.add_argument("--disk-megabytes", type=int, default=600, help="size of the database's file system")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--keep", action="store_true", help="keep logs and scratch files")
    options = parser.parse_args()
    options.tasks = options.tasks or max(2_000, round(70 * options.seconds))
    return options


if __name__ == "__main__":
    sys.exit(main())
