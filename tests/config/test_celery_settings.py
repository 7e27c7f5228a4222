"""The settings of Celery keep what killing any process must not lose."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from config import celery, heartbeats

conf = celery.app.conf


def test_a_message_is_acknowledged_after_its_job_and_comes_again_when_the_worker_dies() -> None:
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)


def test_a_message_comes_again_later_than_the_longest_job_takes() -> None:
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit == celery.LONGEST_JOB_SECONDS


def test_sweeps_do_not_pile_up_while_no_worker_runs() -> None:
    sweep = conf.beat_schedule["sweep"]
    assert sweep["options"]["expires"] <= 10 * sweep["schedule"]


def test_a_heartbeat_touches_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    monkeypatch.setenv(heartbeats.VARIABLE, str(file))
    heartbeats.touch()
    os.utime(file, (0, 0))
    heartbeats.signals.heartbeat_sent.send(sender=None)
    assert time.time() - file.stat().st_mtime < 60
    monkeypatch.delenv(heartbeats.VARIABLE)
    heartbeats.touch()
