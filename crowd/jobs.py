"""Background jobs, and the enqueuing of them: the rows are the truth, a message is only what wakes a worker.

Every job takes ids, makes one service call and is safe to run twice. Services are imported in the function bodies:
the one declared exception to the import order.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Wakes the embedded worker of this process; nobody waits for it where a broker is configured.
WAKE = threading.Event()
# The same for its courier, a thread of its own: no answer waits for somebody else's slow server.
WAKE_COURIER = threading.Event()
# And for raters: no answer waits for a slow model.
WAKE_RATERS = threading.Event()
# The same for imports and exports, which take minutes and have a thread of their own.
WAKE_FILES = threading.Event()


@shared_task(name="crowd.jobs.process_answer")
def process_answer(answer_id: int) -> None:
    """Process one submitted answer."""
    from crowd.services.processing import process_or_postpone

    process_or_postpone(answer_id=answer_id)


@shared_task(name="crowd.jobs.refit_project")
def refit_project(project_id: int) -> None:
    """Run the full fit of a project, unless one is running."""
    from crowd.services.refit import refit_project as refit

    refit(project_id=project_id)


@shared_task(name="crowd.jobs.sweep")
def sweep() -> None:
    """Expire leases and enqueue whatever a lost message left behind."""
    from crowd.services.sweep import sweep_once

    sweep_once()


@shared_task(name="crowd.jobs.reopen_places")
def reopen_places(enrolment_id: int) -> None:
    """Open the places again that a suspended worker's unreliable answers held."""
    from crowd.services.reopening import reopen_places as reopen

    reopen(enrolment_id=enrolment_id)


@shared_task(name="crowd.jobs.deliver_webhook")
def deliver_webhook(webhook_id: int) -> None:
    """Send what is due to one webhook."""
    from crowd.services.courier import deliver_due

    deliver_due(webhook_ids=[webhook_id])


@shared_task(name="crowd.jobs.work_off_restitution")
def work_off_restitution(restitution_id: int) -> None:
    """Put right what followed from an error of ours."""
    from crowd.services.restitution import work_off_restitution as work_off

    work_off(restitution_id=restitution_id)


@shared_task(name="crowd.jobs.run_rater")
def run_rater(run_id: int) -> None:
    """Let a rater work for a slice of time; while there is more to do, the next slice is enqueued."""
    from crowd.services.rater_work import work_on_run

    if work_on_run(run_id=run_id):
        _wake(run_rater, run_id, WAKE_RATERS)


def enqueue_rater(run_id: int) -> None:
    """Have a rater's run worked on once the transaction commits."""
    transaction.on_commit(lambda: _wake(run_rater, run_id, WAKE_RATERS))


@shared_task(name="crowd.jobs.run_import")
def run_import(import_id: int) -> None:
    """Carry out an import, unless another process is at it."""
    from crowd.services.import_runs import run_import as run

    run(import_id=import_id)


@shared_task(name="crowd.jobs.run_export")
def run_export(export_id: int) -> None:
    """Make the file of an export, unless another process is at it."""
    from crowd.services.export_runs import run_export as run

    run(export_id=export_id)


@shared_task(name="crowd.jobs.refresh_panels")
def refresh_panels(project_id: int) -> None:
    """Make the panels of a project's dashboard anew, unless they are being made."""
    from crowd.services.panels import refresh_panels as refresh

    refresh(project_id=project_id)


@shared_task(name="crowd.jobs.measure_project")
def measure_project(project_id: int) -> None:
    """Take the readings of a project, unless another process does."""
    from crowd.services.measuring import measure_project as measure

    measure(project_id=project_id)


def enqueue_answer(answer_id: int) -> None:
    """Have the answer processed once the transaction commits."""
    transaction.on_commit(lambda: _wake(process_answer, answer_id))


def enqueue_refit(project_id: int) -> None:
    """Have the project refitted once the transaction commits."""
    transaction.on_commit(lambda: _wake(refit_project, project_id))


def enqueue_reopening(enrolment_id: int) -> None:
    """Have a suspended worker's places opened again once the transaction commits."""
    transaction.on_commit(lambda: _wake(reopen_places, enrolment_id))


def enqueue_webhook(webhook_id: int) -> None:
    """Have a webhook sent what is due once the transaction commits."""
    transaction.on_commit(lambda: _wake(deliver_webhook, webhook_id, WAKE_COURIER))


def enqueue_panels(project_id: int) -> None:
    """Have a project's panels made anew once the transaction commits; the embedded worker looks for itself."""
    if settings.CELERY_BROKER_URL:
        transaction.on_commit(lambda: _wake(refresh_panels, project_id))


def enqueue_restitution(restitution_id: int) -> None:
    """Have a restitution worked off once the transaction commits."""
    transaction.on_commit(lambda: _wake(work_off_restitution, restitution_id))


def enqueue_import(import_id: int) -> None:
    """Have an import carried out once the transaction commits."""
    transaction.on_commit(lambda: _wake(run_import, import_id, WAKE_FILES))


def enqueue_export(export_id: int) -> None:
    """Have an export made once the transaction commits."""
    transaction.on_commit(lambda: _wake(run_export, export_id, WAKE_FILES))


def enqueue_measurement(project_id: int) -> None:
    """Have a project's readings taken once the transaction commits."""
    transaction.on_commit(lambda: _wake(measure_project, project_id))


def _wake(job: Any, row_id: int, embedded: threading.Event = WAKE) -> None:
    if not settings.CELERY_BROKER_URL:
        embedded.set()
        return
    try:
        job.delay(row_id)
    except OperationalError:
        # The broker is away. The request has done its work: the sweep finds the row once the broker is back.
        logger.warning("could not enqueue %s(%s); the sweep will", job.__name__, row_id)
