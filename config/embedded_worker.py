"""The embedded worker: a thread of the serving process that works off the rows where there is no broker."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections, connection

from crowd.jobs import WAKE
from crowd.services.sweep import work_off

logger = logging.getLogger(__name__)
# How late a lease may be expired or another process's answer be noticed; this process's own answers wake at once.
POLL_SECONDS = 1.0


def start() -> threading.Thread:
    """Start the worker; it ends with the process, and the next start goes on from the rows."""
    thread = threading.Thread(target=_run, name="assay-embedded-worker", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    while True:
        WAKE.wait(POLL_SECONDS)
        WAKE.clear()
        run_until_idle()


def run_until_idle() -> None:
    """Work off everything that is due now; an error is logged and left for the next round."""
    try:
        while work_off():
            pass
    except Exception:
        logger.exception("the embedded worker stumbled; it goes on with the next round")
        connection.close()
    finally:
        close_old_connections()
