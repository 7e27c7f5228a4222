"""The load of `claims.py`: clients over HTTP, the same statements without HTTP, CPU seconds of process trees."""

from __future__ import annotations

import json
import multiprocessing
import os
import selectors
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

WARM_UP_SECONDS = 1.0
# A veteran whose past was put there in one go has a walk to catch up with, so many tasks a claim.
CATCH_UP = 10
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Load:
    """What a run measured; ``claims`` holds seconds per claim by group of clients."""

    cycles: int = 0
    wall_seconds: float = 0.0
    claims: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Load) -> None:
        """One more slice of the same run."""
        self.cycles += other.cycles
        self.wall_seconds += other.wall_seconds
        for group, claims in other.claims.items():
            self.claims[group] += claims

    @property
    def per_second(self) -> float:
        """Cycles per second: a cycle is a claim with its submit."""
        return self.cycles / self.wall_seconds

    def quantile_ms(self, q: float, group: str = "all") -> float:
        """A quantile of the time that a claim took, in milliseconds."""
        return float(np.quantile(self.claims[group], q)) * 1000


class _Client:
    """One worker on one kept connection, a state machine for a selector."""

    def __init__(self, port: int, project: str, key: str, group: str, with_next: bool) -> None:
        self.group, self.with_next = group, with_next
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"Host: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        self.claim_request = self._request(f"/api/v1/projects/{project}/claim", b"{}")
        self.buffer = b""
        self.is_claim = True
        self.waits = 0

    def _request(self, path: str, body: bytes) -> bytes:
        return f"POST {path} HTTP/1.1\r\n{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def send_claim(self) -> None:
        self.is_claim = True
        self._send(self.claim_request)

    def send_submit(self, assignment: str) -> None:
        self.is_claim = False
        body = b'{"value":"yes","next":true}' if self.with_next else b'{"value":"yes"}'
        self._send(self._request(f"/api/v1/assignments/{assignment}/submit", body))

    def _send(self, raw: bytes) -> None:
        self.started = time.perf_counter()
        self.socket.sendall(raw)

    def receive(self) -> dict[str, Any] | None:
        """The reply once it is complete."""
        self.buffer += self.socket.recv(65536)
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.buffer[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self.buffer) < end + 4 + length:
            return None
        body = self.buffer[end + 4 : end + 4 + length]
        self.buffer = b""
        if head[9:12] not in (b"200", b"201"):
            raise RuntimeError(f"the server answered {head[:12].decode()}: {body.decode()}")
        reply: dict[str, Any] = json.loads(body)
        return reply


def over_http(
    port: int, project: str, groups: dict[str, Sequence[str]], *, seconds: float, with_next: bool
) -> tuple[Load, float]:
    """Drive the server with one client per key; the load, and this process's CPU seconds."""
    clients = [_Client(port, project, key, group, with_next) for group, keys in groups.items() for key in keys]
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send_claim()
    load, begin, cpu = Load(), time.perf_counter(), time.process_time()
    measured_from = begin + WARM_UP_SECONDS
    end = measured_from + seconds
    while time.perf_counter() < end:
        for ready, _ in selector.select(1.0):
            client: _Client = ready.data
            reply = client.receive()
            if reply is None:
                continue
            now = time.perf_counter()
            if client.started >= measured_from:
                load.cycles += not client.is_claim
                if client.is_claim or with_next:
                    load.claims[client.group].append(now - client.started)
                    load.claims["all"].append(now - client.started)
            claimed = reply if client.is_claim else reply.get("next")
            if claimed is None:
                client.send_claim()
                continue
            if claimed["state"] == "wait" and client.waits < CATCH_UP:
                client.waits += 1
                client.send_claim()
                continue
            if claimed["state"] != "assigned":
                raise RuntimeError(f"there are too few tasks for this run: {claimed}")
            client.send_submit(claimed["assignment"]["id"])
    load.wall_seconds = time.perf_counter() - measured_from
    for client in clients:
        # What is still under way must not meet the statements of the next slice.
        while client.receive() is None:
            continue
        client.socket.close()
    return load, time.process_time() - cpu


def over_sql(
    dsn: str, project: str, workers: Sequence[int], *, seconds: float, with_next: bool, processes: int = 2
) -> Load:
    """The same statements from psycopg, prepared, one connection a worker; the limit that HTTP is held against."""
    from crowd.services.locks import worker_key
    from crowd.services.one_call import CLAIM, SUBMIT, SUBMIT_CLAIM

    # The children have no Django: what they call is handed to them.
    statements = (CLAIM, SUBMIT, SUBMIT_CLAIM)
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        players = [(worker, worker_key(worker)) for worker in workers]
        shares = [(dsn, project, players[n::processes], statements, seconds, with_next) for n in range(processes)]
        parts = pool.starmap(_sql_share, shares)
    total = Load(wall_seconds=max(part.wall_seconds for part in parts))
    for part in parts:
        total.cycles += part.cycles
        total.claims["all"] += part.claims["all"]
    return total


def over_sqlite(project: str, workers: Sequence[int], *, seconds: float, with_next: bool) -> Load:
    """The same statements on SQLite, from one thread that nobody contends with: the limit there."""
    import random
    import uuid

    from crowd.services import sqlite_calls

    uid, load = uuid.UUID(project), Load(wall_seconds=seconds)

    def draw() -> tuple[Any, ...]:
        return 0, random.random(), 0.0, 0, 0, False

    held = {worker: sqlite_calls.claim(uid, worker, *draw())[2] for worker in workers}
    begin = time.perf_counter() + WARM_UP_SECONDS
    while (started := time.perf_counter()) < begin + seconds:
        worker = workers[load.cycles % len(workers)]
        answer = (held[worker], worker, uid, '"yes"', 0, False)
        if with_next:
            row = sqlite_calls.submit_claim(*answer, *draw())
            assert row is not None
            held[worker] = row[11]
        else:
            sqlite_calls.submit(*answer)
            started = time.perf_counter()
            held[worker] = sqlite_calls.claim(uid, worker, *draw())[2]
        assert held[worker] is not None, "there are too few tasks for this run"
        if started >= begin:
            load.cycles += 1
            load.claims["all"].append(time.perf_counter() - started)
    return load


def _sql_share(
    dsn: str,
    project: str,
    players: list[tuple[int, int]],
    statements: tuple[str, str, str],
    seconds: float,
    with_next: bool,
) -> Load:
    load = Load(wall_seconds=seconds)
    begin = time.perf_counter() + WARM_UP_SECONDS
    threads = [
        threading.Thread(
            target=_sql_worker, args=(dsn, project, worker, lock, statements, begin, seconds, with_next, load)
        )
        for worker, lock in players
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def _sql_worker(
    dsn: str,
    project: str,
    worker: int,
    lock: int,
    statements: tuple[str, str, str],
    begin: float,
    seconds: float,
    with_next: bool,
    load: Load,
) -> None:
    import random
    import uuid

    import psycopg

    claim, submit, submit_claim = statements
    uid, cycles = uuid.UUID(project), 0
    claims: list[float] = []
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:

        def call(statement: str, *parameters: Any) -> tuple[Any, ...]:
            row = cursor.execute(statement, parameters, prepare=True).fetchone()
            assert row is not None
            return row

        def draw() -> tuple[Any, ...]:
            return lock, random.random(), 0.0, 0, 0, False

        assignment = call(claim, uid, worker, *draw())[2]
        while (started := time.perf_counter()) < begin + seconds:
            answer = (assignment, worker, uid, '"yes"', 0, False)
            if with_next:
                assignment = call(submit_claim, *answer, *draw())[11]
            else:
                call(submit, *answer)
                started = time.perf_counter()
                assignment = call(claim, uid, worker, *draw())[2]
            assert assignment is not None, "there are too few tasks for this run"
            if started >= begin:
                cycles += 1
                claims.append(time.perf_counter() - started)
    load.cycles += cycles
    load.claims["all"] += claims


def cpu_of_tree(root: int) -> float:
    """CPU seconds of a process, its children that live, and those that it has waited for."""
    parents: dict[int, list[int]] = defaultdict(list)
    used: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[int(fields[1])].append(pid)
        # Of the root also what its children that ended had used.
        used[pid] = sum(int(ticks) for ticks in fields[11 : 15 if pid == root else 13]) / TICKS
    tree, total = [root], 0.0
    while tree:
        pid = tree.pop()
        total += used.get(pid, 0.0)
        tree += parents[pid]
    return total
