"""Raters on Celery workers over Redis: one is killed with -9 in the middle; no vote is lost, none is paid for twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cast import Cast, make_cast
from django.conf import settings
from django.db import connection
from django.utils import timezone
from fake_batches import FakeBatches
from fake_endpoint import FakeEndpoint, fake_endpoint, says, text
from raters_at_work import chat_rater

from crowd.enums import AssignmentState, CostState
from crowd.models import Answer, Assignment, BudgetShard, ModelCost, Rater, RaterRun, VoteDetail, VoteFailure
from crowd.queries.raters import due_runs
from crowd.services.rater_runs import launch_rater
from crowd.services.sweep import sweep_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.skipif(not settings.CELERY_BROKER_URL, reason="needs REDIS_URL"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
TASKS, BUDGET, PATIENCE_SECONDS = 16, 1_000_000, 180.0


class Workers:
    """Celery worker processes on the tests' database and a queue of their own."""

    def __init__(self) -> None:
        server = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
            "ASSAY_TEST_QUEUES": settings.CELERY_TASK_DEFAULT_QUEUE,
            "ASSAY_LOCAL_MODELS": "1",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        command = [
            sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool", "solo", "--concurrency", "1",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
            "-n", f"rater{len(self.processes)}@%h", "--loglevel", "WARNING",
        ]  # fmt: skip
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 a worker with all that belongs to it."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.processes.remove(process)


@pytest.fixture
def workers() -> Iterator[Workers]:
    running = Workers()
    yield running
    for process in list(running.processes):
        running.kill(process)


@pytest.fixture
def endpoint(settings: Any) -> Iterator[FakeEndpoint]:
    settings.ARE_LOCAL_MODELS_ALLOWED = True
    with fake_endpoint(says("positive")) as served:
        served.batches = FakeBatches(answer=served.answer)
        yield served


def until(condition: Callable[[], bool]) -> None:
    """Wait, sweeping as beat would, and without the patience between two looks."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the workers did not get there in time"
        RaterRun.objects.filter(leased_until__isnull=True, look_at__gt=timezone.now()).update(look_at=timezone.now())
        if due_runs().exists():
            sweep_once()
        time.sleep(0.2)


def end_lease(rater: Rater) -> None:
    """Let the time pass in which a dead worker's lease keeps others from the run; there must be such a lease."""
    assert RaterRun.objects.filter(rater=rater, leased_until__isnull=False).update(leased_until=timezone.now()) == 1


def is_done(rater: Rater) -> bool:
    return RaterRun.objects.filter(rater=rater, tasks_left=0).exists()


def assert_each_voted_once(cast: Cast, rater: Rater, price: int) -> None:
    answered = Answer.objects.filter(worker=rater.worker).values_list("task__key", flat=True)
    assert sorted(answered) == sorted(f"t{i}" for i in range(1, TASKS + 1))
    assert VoteDetail.objects.filter(rater=rater).count() == TASKS
    assert not VoteFailure.objects.exists()
    costs = ModelCost.objects.filter(project=cast.project)
    assert sum(costs.filter(state=CostState.SETTLED).values_list("actual_micros", flat=True)) == TASKS * price
    assert not costs.filter(state=CostState.HELD).exists()
    left = BudgetShard.objects.filter(project=cast.project).values_list("left_micros", flat=True)
    assert sum(left) == BUDGET - TASKS * price
    assert not Assignment.objects.filter(worker=rater.worker, state=AssignmentState.ACTIVE).exists()


def test_a_worker_that_is_killed_loses_no_vote_and_pays_for_none_twice(
    endpoint: FakeEndpoint, workers: Workers
) -> None:
    middle, killed = threading.Event(), threading.Event()
    plain = endpoint.answer

    def answer(body: dict[str, Any]) -> Any:
        if len(endpoint.bodies) >= TASKS // 2:
            middle.set()
            assert killed.wait(PATIENCE_SECONDS)
        return plain(body)

    endpoint.answer = answer
    cast = make_cast(tasks=TASKS, budget_micros=BUDGET)
    rater = chat_rater(cast, endpoint.url, input_price_micros=1_000_000, concurrency=3, timeout_seconds=60.0)
    first = workers.start()
    launch_rater(rater=rater, actor=cast.owner)
    assert middle.wait(PATIENCE_SECONDS), "no worker asked the model"
    workers.kill(first)
    killed.set()
    end_lease(rater)
    assert 0 < TASKS - VoteDetail.objects.count() <= TASKS
    workers.start()
    workers.start()
    until(lambda: is_done(rater))
    assert_each_voted_once(cast, rater, 100)
    # What was in the air was asked again with the same key: a host that honours it has charged each text once.
    assert len(endpoint.charged) == TASKS
    asked: dict[str, set[str]] = {}
    for body, headers in zip(endpoint.bodies, endpoint.headers, strict=True):
        asked.setdefault(text(body), set()).add(headers["Idempotency-Key"])
    assert {len(keys) for keys in asked.values()} == {1}
    assert len(endpoint.bodies) <= TASKS + rater.concurrency


def test_a_worker_that_is_killed_while_it_submits_a_batch_submits_it_once(
    endpoint: FakeEndpoint, workers: Workers
) -> None:
    assert endpoint.batches is not None
    submitted, go_on = threading.Event(), threading.Event()
    serve = endpoint.batches.serve

    def slowly(method: str, target: str, headers: dict[str, str], raw: bytes) -> Any:
        reply = serve(method, target, headers, raw)
        if (method, target) == ("POST", "/v1/batches"):
            submitted.set()
            go_on.wait(PATIENCE_SECONDS)
        return reply

    endpoint.batches.serve = slowly  # type: ignore[method-assign]
    cast = make_cast(tasks=TASKS, budget_micros=BUDGET)
    rater = chat_rater(cast, endpoint.url, input_price_micros=1_000_000, is_batched=True)
    first = workers.start()
    launch_rater(rater=rater, actor=cast.owner)
    assert submitted.wait(PATIENCE_SECONDS), "no worker submitted a batch"
    # The host has it, and its reply will never arrive.
    workers.kill(first)
    go_on.set()
    end_lease(rater)
    workers.start()
    until(lambda: is_done(rater))
    assert len(endpoint.batches.batches) == 1
    assert endpoint.bodies == []
    assert_each_voted_once(cast, rater, 50)
