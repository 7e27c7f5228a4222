"""Claims: cycles per second, latency, CPU of the authenticated API, next to the same statements without HTTP.

`python benchmarks/claims.py [--quick]` starts a PostgreSQL of its own, with fsync, unless DATABASE_URL names one. No
jobs run meanwhile. The clients share the machine's cores with server and database, so trust ratios, not rates.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from claims_load import WARM_UP_SECONDS, Load, cpu_of_tree, over_http, over_sql, over_sqlite
from claims_stage import CLIENTS, ROOT, Stage, make_stage, server, set_up_django
from frame import Report, start

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (5_000, 20_000)
# A veteran has answered this many tasks, or three in four where the project is small.
VETERAN_ANSWERS = 10_000
OPEN_TRANSACTION_SECONDS = 20.0
# SQL and HTTP take turns, so that what else the machine does falls on both.
SLICES = 3


@dataclass
class Measured:
    """One way of working at one size, slice by slice; CPU in seconds."""

    load: Load = field(default_factory=Load)
    database_cpu: float = 0.0
    server_cpu: float = 0.0
    client_cpu: float = 0.0

    def add(self, other: Measured) -> None:
        """One more slice."""
        self.load.add(other.load)
        self.database_cpu += other.database_cpu
        self.server_cpu += other.server_cpu
        self.client_cpu += other.client_cpu


def main() -> None:
    """Measure every size, print the table, hold the bars."""
    is_sqlite = "--sqlite" in sys.argv
    if not os.environ.get("DATABASE_URL") and not is_sqlite:
        os.environ["PG_FSYNC"] = "on"
        os.execv(str(ROOT / "scripts" / "with_servers"), ["with_servers", sys.executable, *sys.argv])

    def configure(parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=3, help="length of each of the slices of a run")
        parser.add_argument("--processes", type=int, default=2, help="server processes")
        parser.add_argument("--threads", type=int, default=4, help="threads of each")
        parser.add_argument("--sqlite", action="store_true", help="SQLite and one process")

    kind = "SQLite" if is_sqlite else "PostgreSQL"
    report = start(f"Claims over HTTP on {kind} with fsync, next to the same statements in SQL", configure=configure)
    os.environ["ASSAY_STATE_DIR"] = mkdtemp()
    for name in ("REDIS_URL", "DATABASE_URL") if is_sqlite else ("REDIS_URL",):
        os.environ.pop(name, None)
    set_up_django()
    options, rates = report.options, {}
    for tasks in QUICK_SIZES if report.quick else SIZES:
        stage = make_stage(
            tasks,
            newcomers=CLIENTS,
            veterans=CLIENTS // 2,
            veteran_answers=min(VETERAN_ANSWERS, tasks * 3 // 4),
        )
        with server(processes=1 if is_sqlite else options.processes, threads=options.threads) as (port, pid):
            rates[tasks] = _measure(report, stage, port, pid)
            if tasks == max(SIZES) and not is_sqlite:
                _with_open_transaction(report, stage, port, pid)
    if rates:
        report.say("\nacross sizes")
        sizes = sorted(rates)
        slowdown = rates[sizes[0]] / min(rates.values())
        report.figure("slowdown from the smallest size to the slowest", slowdown, "x", bar=("<=", 1.3))
    report.finish()


def _measure(report: Report, stage: Stage, port: int, pid: int) -> float:
    """Every way at one size; returns the cycles per second over HTTP."""
    tasks, seconds = stage.tasks, report.options.seconds
    report.say(f"\n{tasks} tasks, {CLIENTS} clients, {SLICES} slices of {seconds:g} s a run, SQL and HTTP in turn")
    rate = 0.0
    for with_next, way in ((False, "claim, submit"), (True, "submit-and-next")):
        raw, http = Measured(), Measured()
        for _ in range(SLICES):
            raw.add(_slice(lambda w=with_next: (_raw(stage, seconds, w), 0.0), None))
            http.add(_slice(lambda w=with_next: _over_http(stage, port, seconds, with_next=w), pid))
        for name, measured in ((f"SQL, {way}", raw), (f"HTTP, {way}", http)):
            _row(report, name, measured, tasks)
        ratio = http.load.per_second / raw.load.per_second
        report.figure(f"HTTP / SQL, {way}", ratio, "", bar=(">=", 0.55 if with_next else 0.30), tasks=tasks)
        if not with_next:
            rate = http.load.per_second
            bar = ("<=", 50.0) if tasks == max(SIZES) else None
            report.figure("99th percentile of a claim", http.load.quantile_ms(0.99), "ms", bar=bar, tasks=tasks)
    _measure_veterans(report, stage, port)
    return rate


def _measure_veterans(report: Report, stage: Stage, port: int) -> None:
    half, tasks = CLIENTS // 2, stage.tasks
    mixed = {
        "veterans": [player.key for player in stage.veterans[:half]],
        "newcomers": [player.key for player in stage.newcomers[:half]],
    }
    seconds = SLICES * report.options.seconds
    both, _ = over_http(port, stage.project_uid, mixed, seconds=seconds, with_next=False)
    for group in mixed:
        report.figure(
            f"99th percentile of a claim, {group} among both", both.quantile_ms(0.99, group), "ms", tasks=tasks
        )
    ratio = both.quantile_ms(0.99, "veterans") / both.quantile_ms(0.99, "newcomers")
    report.figure(
        "veterans / newcomers, 99th percentile", ratio, "x", bar=("<=", 1.5), answers=stage.veteran_answers, tasks=tasks
    )


def _over_http(stage: Stage, port: int, seconds: float, *, with_next: bool) -> tuple[Load, float]:
    keys = {"newcomers": [player.key for player in stage.newcomers]}
    return over_http(port, stage.project_uid, keys, seconds=seconds, with_next=with_next)


def _raw(stage: Stage, seconds: float, with_next: bool) -> Load:
    workers = [player.worker_id for player in stage.newcomers]
    if "DATABASE_URL" not in os.environ:
        return over_sqlite(stage.project_uid, workers, seconds=seconds, with_next=with_next)
    return over_sql(os.environ["DATABASE_URL"], stage.project_uid, workers, seconds=seconds, with_next=with_next)


def _slice(act: Callable[[], tuple[Load, float]], server_pid: int | None) -> Measured:
    # SQLite runs inside the server.
    postmaster = _postmaster() if "DATABASE_URL" in os.environ else None
    database, serving = (
        0.0 if postmaster is None else cpu_of_tree(postmaster),
        0.0 if server_pid is None else cpu_of_tree(server_pid),
    )
    load, client = act()
    database = 0.0 if postmaster is None else cpu_of_tree(postmaster) - database
    serving = 0.0 if server_pid is None else cpu_of_tree(server_pid) - serving
    # The warm-up has used CPU too: its share is taken off.
    share = load.wall_seconds / (load.wall_seconds + WARM_UP_SECONDS)
    return Measured(load, database * share, serving * share, client * share)


def _row(report: Report, name: str, measured: Measured, tasks: int) -> None:
    load = measured.load
    report.figure(f"{name}: cycles", load.per_second, "1/s", tasks=tasks)
    for q, word in ((0.5, "50th"), (0.99, "99th")):
        report.figure(f"{name}: {word} percentile of a call that claims", load.quantile_ms(q), "ms", tasks=tasks)
    if measured.database_cpu:
        per_cycle = measured.database_cpu / load.cycles * 1000
        report.figure(f"{name}: CPU of the database a cycle", per_cycle, "ms", tasks=tasks)
    if measured.server_cpu:
        per_cycle = measured.server_cpu / load.cycles * 1000
        report.figure(f"{name}: CPU of the server a cycle", per_cycle, "ms", tasks=tasks)
        report.figure(
            f"{name}: CPU of the clients a cycle", measured.client_cpu / load.cycles * 1000, "ms", tasks=tasks
        )


def _with_open_transaction(report: Report, stage: Stage, port: int, pid: int) -> None:
    """A transaction that stays open keeps every dead row: what ordered scans pile up, a random start passes by."""
    import psycopg

    done = threading.Event()

    def hold() -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT count(*) FROM crowd_project")
            done.wait(OPEN_TRANSACTION_SECONDS + 60)

    holder = threading.Thread(target=hold)
    holder.start()
    time.sleep(0.5)
    held = _slice(lambda: _over_http(stage, port, OPEN_TRANSACTION_SECONDS, with_next=False), pid)
    done.set()
    holder.join()
    _row(report, "HTTP, a transaction open for 20 s", held, stage.tasks)


def _postmaster() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    return int(Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1])


if __name__ == "__main__":
    main()
