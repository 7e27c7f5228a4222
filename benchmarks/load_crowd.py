"""The crowd of `load.py` and `chaos.py`: one thread a worker, each with the Python client over real HTTP."""

from __future__ import annotations

import random
import sys
import threading
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assay_client import AssayClient, AssayError, Conflict, RetryPolicy, ServerFailed, Unreachable

T = TypeVar("T")
LABELS = ("yes", "no", "unsure")
ACCURACY = 0.85
WAIT_SECONDS = 0.5
# Patient with a server that is away: seconds, not minutes, so that a crowd is back soon after it.
PATIENCE = RetryPolicy(attempts=8, first_wait_seconds=0.1, longest_wait_seconds=2.0)
# Shares of what a mischievous worker does with a task.
SKIPS, RELEASES, REPEATS = 0.01, 0.01, 0.03


@dataclass
class Tally:
    """What the crowd saw: counts, seconds a call took, the answers that were acknowledged, what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    # The value by the answer's id, as the server acknowledged it.
    acknowledged: dict[str, str] = field(default_factory=dict)
    answered: set[tuple[str, str]] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str) -> None:
        """One more of it."""
        with self.lock:
            self.counts[name] += 1

    def took(self, name: str, seconds: float) -> None:
        """A call that was answered."""
        with self.lock:
            self.seconds[name].append(seconds)

    def acknowledge(self, worker: str, task: str, answer: str, value: str) -> None:
        """The server has said that it holds this answer."""
        with self.lock:
            if answer not in self.acknowledged and (worker, task) in self.answered:
                self.violations.append(f"{worker} was given {task!r} again after answering it")
            if self.acknowledged.get(answer, value) != value:
                self.violations.append(f"{worker}'s answer to {task!r} was acknowledged with two values")
            self.acknowledged[answer] = value
            self.answered.add((worker, task))


class Person(threading.Thread):
    """One worker; works until told to stop, whatever becomes of the server."""

    def __init__(
        self,
        *,
        name: str,
        key: str,
        address: str,
        project: str,
        tally: Tally,
        is_over: Callable[[], bool],
        mischief: float = 0.0,
    ) -> None:
        super().__init__(daemon=True, name=name)
        self.client = AssayClient(address, key, retry=PATIENCE)
        self.project, self.tally, self.is_over, self.mischief = project, tally, is_over, mischief
        self.rng = random.Random(name)

    def run(self) -> None:
        """Claim and submit."""
        with self.client:
            while not self.is_over():
                try:
                    self._step()
                except Exception as error:
                    with self.tally.lock:
                        self.tally.violations.append(f"{self.name} stumbled: {type(error).__name__}: {error}")
                    return

    def _step(self) -> None:
        claimed = self._asked("claim", lambda: self.client.claim(self.project))
        if claimed is None:
            return
        if claimed["state"] != "assigned":
            self.tally.count(f"replied {claimed['state']}")
            time.sleep(WAIT_SECONDS * (0.5 + self.rng.random()))
            return
        assignment: Any = claimed["assignment"]
        dice = self.rng.random()
        if dice < SKIPS * self.mischief:
            self._asked("skip", lambda: self.client.skip(assignment["id"]))
            return
        if dice < (SKIPS + RELEASES) * self.mischief:
            self._asked("release", lambda: self.client.release(assignment["id"]))
            return
        task = assignment["payload"]["text"]
        value = self._opinion(task)
        self._submit(assignment["id"], task, value)
        if self.rng.random() < REPEATS * self.mischief:
            # The same answer in a call of its own, as from a second tab: the first outcome again.
            self._submit(assignment["id"], task, value)

    def _submit(self, assignment: str, task: str, value: str) -> None:
        # An outcome that nobody heard of is asked for until somebody tells: the answer may be stored.
        while True:
            reply = self._asked("submit", lambda: self.client.submit(assignment, value))
            if reply is not None:
                self.tally.acknowledge(self.name, task, reply["id"], value)
                return
            if self._is_refused or self.is_over():
                return

    def _asked(self, name: str, call: Callable[[], T]) -> T | None:
        """The reply; None when the server refused or could not be reached."""
        self._is_refused = False
        begin = time.perf_counter()
        try:
            reply = call()
        except (Unreachable, ServerFailed) as error:
            self.tally.count(f"{name}: {error.code}")
            return None
        except Conflict as error:
            self._is_refused = True
            self.tally.count(f"{name} refused: {error.code}")
            return None
        except AssayError as error:
            raise RuntimeError(f"{name} was refused with {error.status} {error.code}: {error}") from error
        self.tally.took(name, time.perf_counter() - begin)
        return reply

    def _opinion(self, task: str) -> str:
        truth = zlib.crc32(task.encode()) % len(LABELS)
        if self.rng.random() < ACCURACY:
            return LABELS[truth]
        return LABELS[(truth + self.rng.randrange(1, len(LABELS))) % len(LABELS)]
