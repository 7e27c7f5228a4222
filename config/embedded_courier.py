"""The embedded courier: a thread of the serving process that delivers webhooks where there is no broker."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections, connection

from crowd.jobs import WAKE_COURIER
from crowd.services.courier import deliver_due, prune_log

logger = logging.getLogger(__name__)
# How late a retry, or another process's message, may be.
POLL_SECONDS = 2.0


def start() -> threading.Thread:
    """Start the courier; it ends with the process, and the next start goes on from the rows."""
    thread = threading.Thread(target=_run, name="assay-embedded-courier", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    while True:
        WAKE_COURIER.wait(POLL_SECONDS)
        WAKE_COURIER.clear()
        try:
            deliver_due()
            prune_log()
        except Exception:
            logger.exception("the embedded courier stumbled; it goes on with the next round")
            connection.close()
        finally:
            close_old_connections()
