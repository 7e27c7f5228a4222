"""Threads that let every worker claim, answer, submit over HTTP until the server says "finished"."""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from assay_client import AssayClient, AssayError
from demo.errors import DemoError
from demo.workers import DemoWorker

# Refusals that end a worker's day without ending the demo.
STOPPED = {"worker_suspended", "not_eligible"}
SHORTEST_WAIT_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Hand:
    """A worker with a client that holds that worker's own key."""

    worker: DemoWorker
    client: AssayClient


@dataclass
class Outcome:
    """What the workers met: answers submitted, surplus among them, the names that were stopped with the code."""

    submitted: Counter[str] = field(default_factory=Counter)
    surplus: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)


class CrowdRun:
    """Lets ``hands`` take turns in ``threads`` threads: whoever has waited longest goes next.

    A function never tires: it always goes next. A worker who is told to wait comes back when the server said.
    ``outcome`` is added to, so that a second run of the same crowd can carry on with it; workers whom it says are
    stopped stay away.
    """

    def __init__(
        self,
        project: str,
        hands: Sequence[Hand],
        outcome: Outcome,
        *,
        threads: int = 8,
        stall_seconds: float = 180.0,
    ) -> None:
        self._project = project
        self._hands = [hand for hand in hands if hand.worker.name not in outcome.stopped]
        self._outcome = outcome
        self._threads = threads
        self._stall_seconds = stall_seconds
        self._turn = threading.Condition()
        self._queue: list[tuple[float, int]] = [(0.0, i) for i in range(len(self._hands))]
        self._busy = 0
        self._is_over = False
        self._last_work = time.monotonic()

    def run(self, tick: Callable[[], None], *, every_seconds: float = 1.0) -> None:
        """Work until every worker is finished or stopped, calling ``tick`` in this thread every so often.

        Raises DemoError when the server refuses a call, or hands out nothing for ``stall_seconds``.
        """
        self._last_work = time.monotonic()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="crowd") as pool:
            futures = [pool.submit(self._take_turns) for _ in range(self._threads)]
            try:
                while True:
                    done, pending = wait(futures, timeout=every_seconds, return_when=FIRST_EXCEPTION)
                    if not pending or any(future.exception() for future in done):
                        break
                    tick()
            finally:
                # Also on Ctrl+C: the pool waits for its threads at exit, so they have to be told.
                with self._turn:
                    self._is_over = True
                    self._turn.notify_all()
            for future in futures:
                future.result()

    def _take_turns(self) -> None:
        while (number := self._next()) is not None:
            pause: float | None = None
            try:
                pause = self._work_once(self._hands[number])
            finally:
                self._give_back(number, pause)

    def _next(self) -> int | None:
        with self._turn:
            while not self._is_over:
                if not self._queue and not self._busy:
                    return None
                now = time.monotonic()
                if now - self._last_work > self._stall_seconds:
                    raise DemoError(
                        f"the server has handed out no task for {self._stall_seconds:.0f} seconds, yet says that the "
                        "project is not finished; see the server's log."
                    )
                if self._queue and self._queue[0][0] <= now:
                    self._busy += 1
                    return heapq.heappop(self._queue)[1]
                self._turn.wait(self._queue[0][0] - now if self._queue else 1.0)
            return None

    def _give_back(self, number: int, pause: float | None) -> None:
        with self._turn:
            self._busy -= 1
            if pause is not None:
                is_next = pause == 0 and self._hands[number].worker.origin == "function"
                heapq.heappush(self._queue, (0.0 if is_next else time.monotonic() + pause, number))
            self._turn.notify_all()

    def _work_once(self, hand: Hand) -> float | None:
        """One claim with its answer; seconds until the worker's next turn, None when there is none."""
        name = hand.worker.name
        try:
            claim = hand.client.claim(self._project)
            if claim["state"] == "finished":
                return None
            if claim["state"] == "wait":
                return max(SHORTEST_WAIT_SECONDS, float(claim.get("retry_after_seconds", 1)))
            assignment = claim["assignment"]
            answer = hand.worker.answer(str(assignment["payload"]["text"]))
            state = hand.client.submit(assignment["id"], answer)["state"]
        except AssayError as error:
            if error.code not in STOPPED:
                raise DemoError(f"{name} could not go on: {error}.") from error
            with self._turn:
                self._outcome.stopped[name] = error.code
            return None
        with self._turn:
            self._last_work = time.monotonic()
            self._outcome.submitted[name] += 1
            if state == "surplus":
                self._outcome.surplus[name] += 1
        return 0.0
