"""The clients of `prove_overlap`: threads that work over real HTTP, badly at times, through servers that die."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

VALUES = ("yes", "no", "unsure")
# Shares of what a client does with a task, to be multiplied; the rest is submitted at once.
SKIPS, RELEASES, DAWDLES, REPEATS, NEXT = 0.01, 0.01, 0.005, 0.02, 0.5
WAIT_SECONDS = 0.3
RETRY_SECONDS = 0.05
# Stands for a status when the race ended before a server answered.
OVER = 0


@dataclass
class Tally:
    """What the clients saw, under one lock: counts, ids that were acknowledged, and what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    answered: set[tuple[int, str]] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str) -> None:
        """One more of it."""
        with self.lock:
            self.counts[name] += 1


class Client(threading.Thread):
    """One tab of one worker; several servers, any of which may be gone."""

    def __init__(
        self,
        *,
        worker: int,
        key: str,
        project: str,
        ports: list[int],
        lease_seconds: float,
        mischief: float,
        tally: Tally,
        is_over: Callable[[], bool],
    ) -> None:
        super().__init__(daemon=True)
        self.worker, self.project, self.ports, self.lease_seconds = worker, project, ports, lease_seconds
        self.mischief, self.tally, self.is_over = mischief, tally, is_over
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.rng = random.Random()
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Work until the race is over."""
        try:
            assignment = None
            while not self.is_over():
                if assignment is None:
                    assignment = self._claimed(self._post(f"/projects/{self.project}/claim", {})[1])
                if assignment is None:
                    time.sleep(WAIT_SECONDS * self.rng.random() * 2)
                    continue
                assignment = self._work(assignment)
        except Exception as error:
            with self.tally.lock:
                self.tally.violations.append(f"a client stumbled: {type(error).__name__}: {error}")

    def _claimed(self, reply: dict[str, Any]) -> dict[str, Any] | None:
        if reply.get("state") != "assigned":
            self.tally.count(f"replied {reply.get('state') or reply.get('code')}")
            return None
        self.tally.count("claims")
        assignment: dict[str, Any] = reply["assignment"]
        return assignment

    def _work(self, assignment: dict[str, Any]) -> dict[str, Any] | None:
        address, dice = f"/assignments/{assignment['id']}", self.rng.random()
        for verb, share in (("skip", SKIPS * self.mischief), ("release", RELEASES * self.mischief)):
            if dice < share:
                self._post(f"{address}/{verb}", {})
                self.tally.count(f"{verb}s")
                return None
            dice -= share
        if dice < DAWDLES * self.mischief:
            time.sleep(self.lease_seconds * (1 + self.rng.random()))
        body = {"value": self.rng.choice(VALUES), "next": self.rng.random() < NEXT}
        status, reply = self._post(f"{address}/submit", body)
        if status == 409 and reply["code"] in ("stale_lease", "already_submitted"):
            self.tally.count(f"refused {reply['code']}")  # the other tab was faster
            return None
        if status == OVER:
            return None
        if status not in (200, 201):
            raise RuntimeError(f"submit answered {status}: {reply}")
        self._acknowledge(assignment, status, reply)
        if self.rng.random() < REPEATS * self.mischief:
            again, _ = self._post(f"{address}/submit", {"value": body["value"]})
            if again not in (200, OVER):
                raise RuntimeError(f"a repeated submit answered {again}")
        return self._claimed(reply["next"]) if body["next"] else None

    def _acknowledge(self, assignment: dict[str, Any], status: int, reply: dict[str, Any]) -> None:
        task = (self.worker, assignment["payload"]["text"])
        with self.tally.lock:
            self.tally.counts["submits" if status == 201 else "replayed submits"] += 1
            if reply["id"] not in self.tally.acknowledged and task in self.tally.answered:
                self.tally.violations.append(f"worker {task[0]} was given {task[1]!r} again after answering it")
            self.tally.acknowledged.add(reply["id"])
            self.tally.answered.add(task)

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The reply; a server that dies in between is left for another, with the same request."""
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.rng.choice(self.ports), timeout=30)
                self.connection.request("POST", f"/api/v1{path}", json.dumps(body), self.headers)
                response = self.connection.getresponse()
                reply: dict[str, Any] = json.loads(response.read() or b"{}")
                if response.status >= 500:
                    raise RuntimeError(f"{path} answered {response.status}")
            except (OSError, http.client.HTTPException):
                self.tally.count("broken connections")
                if self.connection is not None:
                    self.connection.close()
                self.connection = None
                time.sleep(RETRY_SECONDS * (1 + self.rng.random()))
                if self.is_over():
                    return OVER, {"state": "over"}
            else:
                return response.status, reply
