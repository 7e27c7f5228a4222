"""Carries the id of a request into its jobs, and gives log lines of jobs the job's id."""

from __future__ import annotations

import logging.config
from typing import Any

from celery import signals

from config.log_lines import JOB_ID, REQUEST_ID


@signals.setup_logging.connect(weak=False)
def log_as_the_server_does(**kwargs: Any) -> None:  # noqa: ARG001
    """Celery would set up log lines of its own, with whatever secrets are in them."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.before_task_publish.connect(weak=False)
def send_request_id(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:  # noqa: ARG001
    """The message says which request enqueued it."""
    if headers is not None and REQUEST_ID.get():
        headers["request_id"] = REQUEST_ID.get()


@signals.task_prerun.connect(weak=False)
def note_ids(task_id: str = "", task: Any = None, **kwargs: Any) -> None:  # noqa: ARG001
    """From here on the lines are the job's."""
    JOB_ID.set(task_id)
    REQUEST_ID.set(str(getattr(task.request, "request_id", None) or ""))


@signals.task_postrun.connect(weak=False)
def forget_ids(**kwargs: Any) -> None:  # noqa: ARG001
    """The job is over."""
    JOB_ID.set("")
    REQUEST_ID.set("")
