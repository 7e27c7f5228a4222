"""Proves by racing that overlap, gold, budget and acknowledged answers are exact."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from crowd.enums import AssignmentState
from crowd.management.race_clients import VALUES, Client, Tally
from crowd.models import Answer, Assignment, BudgetShard, Project, Task, User
from crowd.queries.exactness import broken_promises
from crowd.services.projects import ProjectPlan, create_project, launch_project
from crowd.services.sweep import expire_overdue, work_off
from crowd.services.tasks import NewGold, NewTask, add_golds, add_tasks
from crowd.services.workers import AddedWorker, NewWorker, add_workers

PRICE_MICROS = 10_000
# Each eighth client is a second tab of a worker.
TABS = 8
KILL_EVERY_SECONDS = 2.0
CHUNK = 20_000
PATIENCE_SECONDS = 60.0
PROGRESS_SECONDS = 15.0


class Command(BaseCommand):
    """`manage.py prove_overlap`: clients over HTTP race for places while servers are killed and leases expire."""

    help = "Race real clients for places, then count broken promises; exits 1 unless there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Size of the race."""
        parser.add_argument("--processes", type=int, default=4, help="server processes; 1 on SQLite, with threads")
        parser.add_argument("--threads", type=int, default=4, help="threads of each")
        parser.add_argument("--workers", type=int, default=64)
        parser.add_argument("--tasks", type=int, default=20_000)
        parser.add_argument("--overlap", type=int, default=3)
        parser.add_argument("--lease-seconds", type=int, default=3)
        parser.add_argument(
            "--mischief", type=float, default=1.0, help="how often clients skip, dawdle, repeat; 10 at most"
        )
        parser.add_argument("--kill", action="store_true", help="kill -9 a server again and again")
        parser.add_argument(
            "--kill-every", type=float, default=KILL_EVERY_SECONDS, metavar="SECONDS", help="how often; 2 unless told"
        )
        parser.add_argument("--jobs", action="store_true", help="process the answers meanwhile, as jobs would")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the race; print the counts."""
        if options["workers"] < options["overlap"] + 1:
            raise CommandError("there must be more workers than the overlap, or the places cannot all be taken")
        if "crowd_project" not in connection.introspection.table_names():
            raise CommandError("the database has no tables yet; run `python manage.py migrate` first")
        processes = options["processes"] if connection.vendor == "postgresql" else 1
        # So that the servers end with the command when it is ended.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        project, added = _stage(options)
        self.stdout.write(
            f"{connection.vendor}: {processes} server processes of {options['threads']} threads, "
            f"{options['workers']} workers, {options['tasks']} tasks of {options['overlap']} places"
        )
        servers = [_Server(options["threads"]) for _ in range(processes)]
        tally, over = Tally(), threading.Event()
        try:
            for server in servers:
                server.wait()
            began = time.monotonic()
            ports = [server.port for server in servers]
            background = [threading.Thread(target=_sweep, args=(over, options["jobs"]), daemon=True)]
            if options["kill"]:
                kill = (servers, over, tally, options["kill_every"])
                background.append(threading.Thread(target=_kill, args=kill, daemon=True))
            clients = _clients(project, added, ports, options, tally, over)
            for thread in [*background, *clients]:
                thread.start()
            self._watch(project, clients, tally, places=options["tasks"] * options["overlap"])
            over.set()
            for thread in [*clients, *background]:
                thread.join(PATIENCE_SECONDS)
        finally:
            over.set()
            for server in servers:
                server.kill(for_good=True)
        self._report(project, tally, time.monotonic() - began)

    def _watch(self, project: Project, clients: list[Client], tally: Tally, *, places: int) -> None:
        last, moved = -1, time.monotonic()
        told = moved
        while True:
            time.sleep(0.5)
            left = Task.objects.filter(project=project, is_open=True).exists()
            held = Assignment.objects.filter(project=project, state=AssignmentState.ACTIVE, holds_place=True).exists()
            if not left and not held:
                return
            done = len(tally.acknowledged)
            if done != last:
                last, moved = done, time.monotonic()
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.stderr.write(f"{done} answers acknowledged, {places} places")
            if time.monotonic() - moved > PATIENCE_SECONDS or not any(client.is_alive() for client in clients):
                tally.violations.append("places are left, and nobody takes them")
                return

    def _report(self, project: Project, tally: Tally, seconds: float) -> None:
        stored = {str(uid) for uid in Answer.objects.filter(project=project).values_list("uid", flat=True).iterator()}
        surplus = Answer.objects.filter(project=project, is_surplus=True).count()
        expired = project.events.filter(kind="lease_expired").count()
        broken = broken_promises(project) | {
            "lost after 201": len(tally.acknowledged - stored),
            "seen by clients": len(tally.violations),
        }
        claims = tally.counts.pop("claims", 0)
        submits = tally.counts.pop("submits", 0)
        self.stdout.write(f"claims = {claims}  ({claims / seconds:.0f} a second)")
        self.stdout.write(f"submits = {submits}, stored answers = {len(stored)}")
        self.stdout.write(f"surplus = {surplus}, expired leases = {expired}")
        left = sum(BudgetShard.objects.filter(project=project).values_list("left_micros", flat=True))
        self.stdout.write(f"budget = {project.budget_micros}, left = {left}")
        for name, n in sorted(tally.counts.items()):
            self.stdout.write(f"  {name}: {n}")
        for name, n in broken.items():
            self.stdout.write(f"  {name} = {n}")
        for violation in tally.violations[:10]:
            self.stdout.write(f"  {violation}")
        total = sum(broken.values())
        self.stdout.write(f"violations = {total}")
        if total:
            sys.exit(1)


class _Server:
    """A server process with a port of its own, to be killed and started again."""

    def __init__(self, threads: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.threads, self.is_gone = threads, False
        self.start()

    def start(self) -> None:
        # The race sweeps by itself, so that the servers' threads do nothing but serve.
        environment = os.environ | {"ASSAY_EMBEDDED_WORKER": "0"}
        command = [
            *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", str(self.port)),
            *("--blocking-threads", str(self.threads), "--no-ws", "--log-level", "error", "config.wsgi:application"),
        ]
        # Refusals are part of the race, and fill a log; a failure of the server is a status that the clients report.
        self.process = subprocess.Popen(  # noqa: S603  our own server
            command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not self.is_gone:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        if not self.is_gone:
            raise CommandError(f"the server on port {self.port} did not start")

    def kill(self, *, for_good: bool = False) -> None:
        self.is_gone = for_good
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _stage(options: dict[str, Any]) -> tuple[Project, list[AddedWorker]]:
    overlap, tasks = options["overlap"], options["tasks"]
    owner = User.objects.create_user(f"prove-{uuid.uuid4()}@prove.invalid", name="prove")
    plan = ProjectPlan(
        name="prove_overlap",
        labels=tuple({"value": value} for value in VALUES),
        # The fit is not what is proved here, and a dear one would only slow the race down.
        aggregation_model="majority",
        min_overlap=overlap,
        max_overlap=overlap,
        gold_rate=0.02,
        lease_seconds=options["lease_seconds"],
        price_micros=PRICE_MICROS,
        # Enough for every place, with a quarter more for golds and for leases that overlap in time.
        budget_micros=PRICE_MICROS * overlap * tasks * 5 // 4 + PRICE_MICROS * 100 * options["workers"],
    )
    project = create_project(plan=plan, owner=owner)
    for start in range(0, tasks, CHUNK):
        chunk = range(start, min(tasks, start + CHUNK))
        new = [NewTask(key=f"t{i}", payload={"text": f"task {i}"}) for i in chunk]
        add_tasks(project=project, tasks=new, actor=owner)
    # Every value is right: nobody is to be suspended in the middle of a race.
    golds = [NewGold(key=f"g{i}", payload={"text": f"gold {i}"}, labels=VALUES) for i in range(50)]
    add_golds(project=project, golds=golds, actor=owner)
    launch_project(project=project, actor=owner)
    workers = [NewWorker(name=f"w{i}") for i in range(options["workers"])]
    return project, add_workers(project=project, workers=workers, actor=owner)


def _clients(
    project: Project,
    added: list[AddedWorker],
    ports: list[int],
    options: dict[str, Any],
    tally: Tally,
    over: threading.Event,
) -> list[Client]:
    return [
        Client(
            worker=one.worker.pk,
            key=one.key or "",
            project=str(project.uid),
            ports=ports,
            lease_seconds=options["lease_seconds"],
            mischief=options["mischief"],
            tally=tally,
            is_over=over.is_set,
        )
        for one in [*added, *added[::TABS]]
    ]


def _sweep(over: threading.Event, has_jobs: bool) -> None:
    while not over.wait(0.3):
        if has_jobs:
            work_off()
        else:
            expire_overdue()
    connection.close()


def _kill(servers: list[_Server], over: threading.Event, tally: Tally, every_seconds: float) -> None:
    while not over.wait(every_seconds):
        server = random.choice(servers)
        server.kill()
        tally.count("kills")
        server.start()
        # On a busy machine a start takes longer than the pause: a server that never serves would prove nothing.
        server.wait()
