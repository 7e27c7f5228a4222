"""Starts processes in the order of their needs, starts again what dies, stops them cleanly."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from config.stack.bare import BareError, Process

logger = logging.getLogger(__name__)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0
# A process that has lived so long did start: its next death is not a failure to start.
SETTLED_SECONDS = 10.0
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 180.0


class Supervised:
    """A process with its history: a thread keeps it alive until it is told to stop."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process, self.log = process, log
        self.starts = 0
        self.exit_code: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        # Steps and health checks that run at this moment.
        self._beside: set[subprocess.Popen[str]] = set()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The name of its service."""
        return self.process.service.name

    @property
    def pid(self) -> int | None:
        """The process id, None while it is not running."""
        child = self._child
        return None if child is None or child.poll() is not None else child.pid

    def prepare(self) -> None:
        """Make the folder; run what must have run once before the first start."""
        folder = self.process.folder
        is_new = not (folder / "data").exists()
        folder.mkdir(parents=True, exist_ok=True)
        if self.process.owner is not None:
            shutil.chown(folder, self.process.owner)
        for command in [*(self.process.prepare if is_new else []), *self.process.prepare_always]:
            code, said = self._run_beside(command, seconds=None, user=self.process.owner)
            if code:
                raise BareError(f"{' '.join(command[:3])} failed: {said.strip()[-500:]}")

    def start(self) -> None:
        """Start it, and again whenever it dies where its service is restarted."""
        self._spawn()
        self._thread = threading.Thread(target=self._keep, name=f"keep-{self.name}", daemon=True)
        self._thread.start()

    def run_once(self) -> int:
        """Start it and wait for its end; its exit code."""
        self._spawn()
        if self._child is None:
            raise BareError(f"{self.name} was told to stop before it began")
        self.exit_code = self._child.wait()
        return self.exit_code

    def is_well(self) -> bool:
        """Whether it runs and says that it is well, where it can be asked."""
        if self.pid is None:
            return False
        if not self.process.health:
            return True
        seconds = max(self.process.service.health.timeout_seconds, 30.0)
        return self._run_beside(self.process.health, seconds=seconds)[0] == 0

    def wait_until_well(self) -> None:
        """Return when it is well; raises BareError when it does not get there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_well():
            if time.monotonic() > deadline or self._stopping.is_set():
                raise BareError(f"{self.name} did not get well:\n{self.tail()}")
            time.sleep(POLL_SECONDS)

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def refuse(self) -> None:
        """Start nothing any more; end the steps and health checks that run."""
        with self._lock:
            self._stopping.set()
            beside = list(self._beside)
        for child in beside:
            self._sweep_group(child)

    def ask_to_end(self) -> None:
        """Ask it to end, as Compose does."""
        self.refuse()
        child = self._child
        if child is not None and child.poll() is None:
            # PostgreSQL waits for its clients at SIGTERM; SIGINT is its fast way.
            child.send_signal(signal.SIGINT if self.process.owner or "postgres" in child.args[0] else signal.SIGTERM)  # type: ignore[index]

    def await_end(self) -> None:
        """Return when it has ended; it is killed when the grace period of its service is over."""
        child = self._child
        if child is not None:
            try:
                child.wait(self.process.service.grace_seconds)
            except subprocess.TimeoutExpired:
                logger.warning("%s did not end in time and is killed", self.name)
            self._sweep_group(child)
            child.wait()
        if self._thread is not None:
            self._thread.join(5)

    def _run_beside(self, command: list[str], *, seconds: float | None, user: str | None = None) -> tuple[int, str]:
        """Run a command to its end or to ours; its exit code with what it complained of."""
        with self._lock:
            if self._stopping.is_set():
                raise BareError(f"{self.name} was told to stop")
            child = subprocess.Popen(  # noqa: S603  our own commands
                command,
                env=self.process.environment,
                user=user,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self._beside.add(child)
        try:
            _, said = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._sweep_group(child)
            _, said = child.communicate()
        finally:
            with self._lock:
                self._beside.discard(child)
        return child.returncode, said

    def _spawn(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            with self.log.open("ab") as out:
                self._child = subprocess.Popen(  # noqa: S603
                    self.process.command,
                    cwd=self.process.folder if self.process.owner else Path(__file__).resolve().parent.parent.parent,
                    env=self.process.environment,
                    user=self.process.owner,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self.starts += 1

    def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            child, began = self._child, time.monotonic()
            assert child is not None
            self.exit_code = child.wait()
            # Its children do not outlive it, as in a container.
            self._sweep_group(child)
            if self._stopping.is_set() or not self.process.service.is_restarted:
                return
            if time.monotonic() - began > SETTLED_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            logger.warning("%s ended with %s; it is started again in %.1f s", self.name, self.exit_code, pause)
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            self._spawn()

    def _sweep_group(self, child: subprocess.Popen[Any]) -> None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


class Stack:
    """All services of one run."""

    def __init__(self, processes: list[Process], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.members = {one.service.name: Supervised(one, logs / f"{one.service.name}.log") for one in processes}

    def start(self) -> None:
        """Start every service once what it waits for is there; raises BareError where one fails."""
        begun: set[str] = set()
        while len(begun) < len(self.members):
            ready = [
                one
                for name, one in self.members.items()
                if name not in begun and set(one.process.service.waits_for) & set(self.members) <= begun
            ]
            if not ready:
                raise BareError("the services wait for each other in a circle")
            for one in ready:
                self._await_needs(one)
                one.prepare()
                if one.process.service.is_restarted:
                    one.start()
                elif one.run_once():
                    raise BareError(f"{one.name} failed with {one.exit_code}:\n{one.tail()}")
                begun.add(one.name)

    def wait_until_well(self) -> None:
        """Return when every service that goes on is well."""
        for one in self.members.values():
            if one.process.service.is_restarted:
                one.wait_until_well()

    def stop(self) -> None:
        """Stop everything, those that others wait for last; also from another thread than the one that starts."""
        for one in self.members.values():
            one.refuse()
        left = dict(self.members)
        while left:
            needed = {name for one in left.values() for name in one.process.service.waits_for}
            # Of a circle, all at once.
            last = [one for name, one in left.items() if name not in needed] or list(left.values())
            for one in last:
                one.ask_to_end()
            for one in last:
                one.await_end()
                del left[one.name]

    def _await_needs(self, one: Supervised) -> None:
        for name, condition in one.process.service.waits_for.items():
            if name in self.members and condition == "service_healthy":
                self.members[name].wait_until_well()
