"""The queues of the broker, and which job waits in which: nobody's answer waits for a slow server, model or file."""

from __future__ import annotations

from typing import Any

from kombu.entity import Queue

# Everything else is short and waits in the default queue.
JOBS = {
    "webhooks": ("crowd.jobs.deliver_webhook",),
    "slow": ("crowd.jobs.run_rater", "crowd.jobs.run_import", "crowd.jobs.run_export"),
}


def queues_of(default: str, prefix: str = "") -> dict[str, Any]:
    """The settings of Celery for a default queue and the others under a prefix.

    A worker that is not told by ``-Q`` takes all of them, so that one worker is enough for a small server.
    """
    names = [default, *(prefix + name for name in JOBS)]
    return {
        "CELERY_TASK_DEFAULT_QUEUE": default,
        "CELERY_TASK_QUEUES": [Queue(name, routing_key=name) for name in names],
        "CELERY_TASK_ROUTES": {job: {"queue": prefix + name} for name, jobs in JOBS.items() for job in jobs},
    }
