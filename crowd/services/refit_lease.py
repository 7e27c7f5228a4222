"""Holds the lease of a project's full fit for as long as the process that makes it lives."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from crowd.models import Project
from crowd.policies.refit import BEAT_SECONDS, LEASE_SECONDS

logger = logging.getLogger(__name__)


@contextmanager
def kept_alive(*, project_id: int) -> Iterator[None]:
    """Renew the lease from a thread meanwhile: a fit may take an hour, and a killed one is replaced within a minute."""
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(project_id, over), daemon=True, name=f"refit-{project_id}")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(project_id: int, over: threading.Event) -> None:
    leased = Project.objects.filter(pk=project_id, refit_leased_until__isnull=False)
    try:
        while not over.wait(BEAT_SECONDS):
            try:
                leased.update(refit_leased_until=timezone.now() + timedelta(seconds=LEASE_SECONDS))
            except DatabaseError as error:
                # Busy or away for a moment; there are more beats than one before the lease ends.
                logger.warning("the lease of the fit of project %s was not renewed: %s", project_id, error)
                connection.close()
    finally:
        # The thread's own.
        connection.close()
