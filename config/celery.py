"""The Celery application: the waker of jobs whose truth is in the rows."""

from __future__ import annotations

import os

from celery import Celery

import config.heartbeats
import config.job_ids  # noqa: F401  connects the signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

SWEEP_EVERY_SECONDS = 2.0
# A job that takes longer is killed; its row says what is left, and the sweep hands it out again.
LONGEST_JOB_SECONDS = 3600

app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    task_time_limit=LONGEST_JOB_SECONDS,
    # Redis gives a message again after this long without an acknowledgement: longer than the longest job.
    broker_transport_options={
        "visibility_timeout": 2 * LONGEST_JOB_SECONDS,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    },
    task_publish_retry=False,
    beat_schedule={
        "sweep": {
            "task": "crowd.jobs.sweep",
            "schedule": SWEEP_EVERY_SECONDS,
            # Workers that come back after an hour find one sweep, not eighteen hundred.
            "options": {"expires": 5 * SWEEP_EVERY_SECONDS},
        }
    },
    timezone="UTC",
)
app.autodiscover_tasks(["crowd"], related_name="jobs")
