"""Drives one demo project over the API, from its creation to an idle queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay_client import AssayClient
from assay_client.calls import raters as calls
from assay_client.shapes import Json
from demo.crowd_run import CrowdRun, Hand, Outcome
from demo.errors import DemoError
from demo.progress import Progress
from demo.project import Material, gold_requests, project_request, task_requests
from demo.workers import DemoWorker

TASKS_PER_CALL = 200
SECONDS_BETWEEN_LOOKS = 0.5
IDLE_WITHIN_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Drive:
    """A project that has been worked through: its id, its workers by id, what they met."""

    project: str
    workers: dict[str, DemoWorker]
    outcome: Outcome


def confirm_models(manager: AssayClient, project: str) -> None:
    """Let the models' votes count that the newest review proposes, as a manager would, and fit anew."""
    proposed = [row for row in manager.send(calls.models(project))["results"] if row["proposed_state"] == "counted"]
    for row in proposed:
        manager.send(calls.promote_model(project, row["worker"]["id"], "the review proposes it"))
    if proposed:
        manager.refit(project)
        wait_until_idle(manager, project)


def drive_project(
    manager: AssayClient,
    connect: Callable[[str], AssayClient],
    *,
    name: str,
    material: Material,
    workers: Sequence[DemoWorker],
    threads: int = 8,
) -> Drive:
    """Make the project, let ``workers`` work until nothing is left, fit it in full, count models that earned it.

    ``connect`` makes a client from an API key. Raises AssayError or DemoError.
    """
    project = str(manager.create_project(project_request(material.plan, name))["id"])
    tasks = task_requests(material)
    for start in range(0, len(tasks), TASKS_PER_CALL):
        manager.add_tasks(project, tasks[start : start + TASKS_PER_CALL])
    manager.add_golds(project, gold_requests(material))
    created = manager.add_workers(project, [worker.request for worker in workers])
    manager.launch(project)
    hands = [Hand(worker=w, client=connect(made["key"])) for w, made in zip(workers, created, strict=True)]
    outcome = Outcome()
    try:
        _work_until_nothing_is_left(manager, project, hands, outcome, threads)
    finally:
        for hand in hands:
            hand.client.close()
    confirm_models(manager, project)
    by_id = {made["id"]: worker for worker, made in zip(workers, created, strict=True)}
    return Drive(project=project, workers=by_id, outcome=outcome)


def _work_until_nothing_is_left(
    manager: AssayClient, project: str, hands: Sequence[Hand], outcome: Outcome, threads: int
) -> None:
    status = _status(manager, project)
    progress = Progress("Tasks finished", status["tasks"])

    def look() -> None:
        now = _status(manager, project)
        progress.update(_finished(now), f"{now['answers']} answers, {now['pending_answers']} still to be processed")

    while True:
        before = outcome.submitted.total()
        CrowdRun(project, hands, outcome, threads=threads).run(look)
        wait_until_idle(manager, project)
        manager.refit(project)
        status = wait_until_idle(manager, project)
        # A full fit, or answers processed after the last worker left, may have asked for more.
        if _finished(status) == status["tasks"] or outcome.submitted.total() == before:
            break
    progress.finish(f"{_finished(status)} of {status['tasks']}, with {status['answers']} answers")


def wait_until_idle(manager: AssayClient, project: str, *, within_seconds: float = IDLE_WITHIN_SECONDS) -> Json:
    """The project's status once no answer waits to be processed and no refit is pending; else DemoError."""
    deadline = time.monotonic() + within_seconds
    while True:
        status = _status(manager, project)
        if not status["pending_answers"] and not status["is_refit_pending"]:
            return status
        if time.monotonic() > deadline:
            raise DemoError(
                f"the server's queue was not idle within {within_seconds:.0f} seconds: {status['pending_answers']} "
                "answers are not processed yet; see the server's log."
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _status(manager: AssayClient, project: str) -> Json:
    status: Json = manager.project(project)["status"]
    return status


def _finished(status: Json) -> int:
    return int(status["tasks_complete"]) + int(status["tasks_disputed"])
