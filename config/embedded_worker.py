"""The embedded worker: threads of the serving process that work off the rows where there is no broker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connection

from crowd.jobs import WAKE, WAKE_FILES, WAKE_RATERS
from crowd.services.file_jobs import work_off_files
from crowd.services.sweep import work_off, work_off_panels, work_off_raters

logger = logging.getLogger(__name__)
# How late a lease may be expired or another process's answer be noticed; this process's own answers wake at once.
POLL_SECONDS = 1.0


def start() -> list[threading.Thread]:
    """Start the worker; it ends with the process, and the next start goes on from the rows.

    Raters work in a thread of their own: whoever waits for a model must not keep people's answers waiting. So do
    imports and exports, which take minutes, and dashboards.
    """
    threads = [
        threading.Thread(target=_run, args=(WAKE, work_off), name="assay-embedded-worker", daemon=True),
        threading.Thread(target=_run, args=(WAKE_RATERS, work_off_raters), name="assay-embedded-raters", daemon=True),
        threading.Thread(target=_run, args=(WAKE_FILES, work_off_files), name="assay-embedded-files", daemon=True),
        threading.Thread(
            target=_run, args=(threading.Event(), work_off_panels), name="assay-embedded-panels", daemon=True
        ),
    ]
    for thread in threads:
        thread.start()
    return threads


def _run(wake: threading.Event, round_of_work: Callable[[], bool]) -> None:
    while True:
        wake.wait(POLL_SECONDS)
        wake.clear()
        run_until_idle(round_of_work)


def run_until_idle(round_of_work: Callable[[], bool] = work_off) -> None:
    """Work off everything that is due now; an error is logged and left for the next round."""
    try:
        while round_of_work():
            pass
    except Exception:
        logger.exception("the embedded worker stumbled; it goes on with the next round")
        connection.close()
    finally:
        close_old_connections()
