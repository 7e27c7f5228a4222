"""The faults of `chaos.py`: each does one bad thing to the running stack and says in a few words what it did."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from cut_proxy import CutProxy
from load_stage import tree_of

FULL_SECONDS = 4.0
# How long a connection that can be cut is waited for: longer than PostgreSQL takes to come back.
CUT_PATIENCE_SECONDS = 30.0
# What a full disk leaves free: nothing.
BLOCK = b"\0" * (1 << 20)
WORKERS = ("worker", "slow-worker", "webhook-worker")

Fault = Callable[[], str]


def kill(stack: Any, name: str, *, whole: bool) -> str:
    """kill -9 one process of a service, or all of them."""
    pid = stack.members[name].pid
    if pid is None:
        return f"{name} was down already"
    victims = tree_of(pid) if whole else [random.choice(tree_of(pid))]
    for victim in victims:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    kind = "all of" if whole else "one process of"
    return f"kill -9 {kind} {name} ({len(victims)})"


def cut(proxy: CutProxy, what: str) -> str:
    """Cut half of the connections to something, at least one."""
    return f"cut {proxy.cut(0.5, CUT_PATIENCE_SECONDS)} connections to {what}"


def jump_leases(project: Any, seconds: float) -> str:
    """Move the deadlines of live leases as a jump of the clock by ``seconds`` does."""
    from django.db.models import F

    from crowd.enums import AssignmentState
    from crowd.models import Assignment

    live = Assignment.objects.filter(project=project, state=AssignmentState.ACTIVE)
    n = live.update(deadline=F("deadline") - timedelta(seconds=seconds))
    return f"clock of {n} leases jumped by {seconds:+.0f} s"


class SmallDisk:
    """A data directory on a file system of its own that can be filled; ``reason`` says why there is none."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder, self.reason = folder, ""
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            self.reason = str(error)
            return
        if done.returncode:
            self.reason = done.stderr.strip()

    @property
    def is_mounted(self) -> bool:
        """Whether there is something to fill."""
        return not self.reason

    def fill(self) -> str:
        """Leave nothing free for some seconds, then give it back."""
        written = 0
        try:
            # Unbuffered: what does not fit fails at once.
            with self._ballast.open("wb", buffering=0) as out, suppress(OSError):
                while True:
                    n = out.write(BLOCK)
                    written += n
                    if n < len(BLOCK):
                        break
            time.sleep(FULL_SECONDS)
        finally:
            self._ballast.unlink(missing_ok=True)
        return f"filled the database's disk with {written >> 20} MB for {FULL_SECONDS:g} s"

    def unmount(self) -> None:
        """Give the file system back."""
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)
