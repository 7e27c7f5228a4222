"""Acts that happen at the same time: threads, each with a connection of its own, let go by one barrier."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def race(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the acts at the same time, each in a thread with its own connection; results or exceptions, in order."""
    results: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(n: int) -> None:
        try:
            start.wait(10)
            results[n] = acts[n]()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread hangs"
    return results
