"""Acts that happen at the same time: threads, each with a connection of its own, let go by one barrier."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

# Generous: only a thread that hangs is to be found, not a machine that is busy with other tests.
PATIENCE_SECONDS = 300.0


def race(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the acts at the same time, each in a thread with its own connection; results or exceptions, in order."""
    results: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(n: int) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            results[n] = acts[n]()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    deadline = time.monotonic() + PATIENCE_SECONDS
    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        assert not thread.is_alive(), "a thread hangs"
    return results
