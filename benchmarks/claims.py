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
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from claims_load import Load, cpu_of_tree, over_http, over_sql
from claims_stage import CLIENTS, ROOT, Stage, make_stage, server, set_up_django
from frame import Report, start

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (5_000, 20_000)
# A veteran has answered this many tasks, or three in four where the project is small.
VETERAN_ANSWERS = 10_000
OPEN_TRANSACTION_SECONDS = 20.0


@dataclass(frozen=True)
class Measured:
    """One way of working at one size."""

    load: Load
    database_cpu: float
    server_cpu: float
    client_cpu: float


def main() -> None:
    """Measure every size, print the table, hold the bars."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["PG_FSYNC"] = "on"
        os.execv(str(ROOT / "scripts" / "with_servers"), ["with_servers", sys.executable, *sys.argv])

    def configure(parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=0, help="length of each run (default 8, quick 3)")
        parser.add_argument("--processes", type=int, default=2, help="server processes")
        parser.add_argument("--threads", type=int, default=4, help="threads of each")

    report = start("Claims over HTTP against the same statements in SQL, PostgreSQL with fsync", configure=configure)
    os.environ["ASSAY_STATE_DIR"] = mkdtemp()
    os.environ.pop("REDIS_URL", None)
    set_up_django()
    options = report.options
    seconds = options.seconds or (3 if report.quick else 8)
    rates: dict[int, float] = {}
    for tasks in QUICK_SIZES if report.quick else SIZES:
        stage = make_stage(
            tasks,
            newcomers=CLIENTS,
            veterans=CLIENTS // 2,
            veteran_answers=min(VETERAN_ANSWERS, tasks * 3 // 4),
        )
        with server(processes=options.processes, threads=options.threads) as (port, pid):
            rates[tasks] = _measure(report, stage, port, pid, seconds)
            if not report.quick and tasks == max(SIZES):
                _with_open_transaction(report, stage, port, pid)
    sizes = sorted(rates)
    report.say("\nacross sizes")
    slowdown = rates[sizes[0]] / min(rates[size] for size in sizes)
    report.figure("slowdown from the smallest size to the slowest", slowdown, "x", bar=("<=", 1.3))
    report.finish()


def _measure(report: Report, stage: Stage, port: int, pid: int, seconds: float) -> float:
    tasks = stage.tasks
    newcomers = {"newcomers": [player.key for player in stage.newcomers]}
    report.say(f"\n{tasks} tasks, {CLIENTS} clients, {seconds:g} s a run")
    rates = {}
    for with_next, way in ((False, "claim, submit"), (True, "submit-and-next")):
        raw = _run(lambda w=with_next: (_raw(stage, seconds, w), 0.0), None)
        http = _run(
            lambda w=with_next: over_http(port, stage.project_uid, newcomers, seconds=seconds, with_next=w), pid
        )
        for name, measured in ((f"SQL, {way}", raw), (f"HTTP, {way}", http)):
            _row(report, name, measured, tasks)
        rates[way] = http.load.per_second
        ratio = http.load.per_second / raw.load.per_second
        report.figure(f"HTTP / SQL, {way}", ratio, "", bar=(">=", 0.55 if with_next else 0.30), tasks=tasks)
        if not with_next:
            report.figure("99th percentile of a claim", http.load.quantile_ms(0.99), "ms", bar=("<=", 50), tasks=tasks)
    half = CLIENTS // 2
    mixed = {
        "veterans": [player.key for player in stage.veterans[:half]],
        "newcomers": [player.key for player in stage.newcomers[:half]],
    }
    both, _ = over_http(port, stage.project_uid, mixed, seconds=2 * seconds, with_next=False)
    for group in mixed:
        report.figure(
            f"99th percentile of a claim, {group} among both", both.quantile_ms(0.99, group), "ms", tasks=tasks
        )
    ratio = both.quantile_ms(0.99, "veterans") / both.quantile_ms(0.99, "newcomers")
    report.figure(
        "veterans / newcomers, 99th percentile", ratio, "x", bar=("<=", 1.5), answers=stage.veteran_answers, tasks=tasks
    )
    return rates["claim, submit"]


def _raw(stage: Stage, seconds: float, with_next: bool) -> Load:
    workers = [player.worker_id for player in stage.newcomers]
    return over_sql(os.environ["DATABASE_URL"], stage.project_uid, workers, seconds=seconds, with_next=with_next)


def _run(act: object, server_pid: int | None) -> Measured:
    postmaster = _postmaster()
    database, serving = cpu_of_tree(postmaster), 0.0 if server_pid is None else cpu_of_tree(server_pid)
    load, client = act()  # type: ignore[operator]
    database = cpu_of_tree(postmaster) - database
    serving = 0.0 if server_pid is None else cpu_of_tree(server_pid) - serving
    # The warm-up has used CPU too: its share is taken off.
    share = load.wall_seconds / (load.wall_seconds + 1.0)
    return Measured(load, database * share, serving * share, client * share)


def _row(report: Report, name: str, measured: Measured, tasks: int) -> None:
    load = measured.load
    report.figure(f"{name}: cycles", load.per_second, "1/s", tasks=tasks)
    for q, word in ((0.5, "50th"), (0.99, "99th")):
        report.figure(f"{name}: {word} percentile of a call that claims", load.quantile_ms(q), "ms", tasks=tasks)
    report.figure(f"{name}: CPU of the database a cycle", measured.database_cpu / load.cycles * 1000, "ms", tasks=tasks)
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
    keys = {"newcomers": [player.key for player in stage.newcomers]}
    run = OPEN_TRANSACTION_SECONDS
    held = _run(lambda: over_http(port, stage.project_uid, keys, seconds=run, with_next=False), pid)
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
