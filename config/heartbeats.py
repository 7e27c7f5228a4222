"""Heartbeat files: workers and beat touch theirs, so that a health check need start nothing heavy to know they live."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import signals
from celery.beat import PersistentScheduler

# Celery's workers send a heartbeat every two seconds from the loop that takes messages; beat looks up at least as often
# as it has something to send.
VARIABLE = "ASSAY_HEARTBEAT_FILE"


def touch(**_: Any) -> None:
    """Touch the process's heartbeat file; nothing where none is named."""
    name = os.environ.get(VARIABLE)
    if name:
        Path(name).touch()


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery ships no types
    """Celery's own scheduler with a heartbeat."""

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Send what is due."""
        pause: float = super().tick(*arguments, **options)
        touch()
        return pause


signals.heartbeat_sent.connect(touch, weak=False)
