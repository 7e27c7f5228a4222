"""Lists cost the same number of queries for one row as for three."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cast import LABELS, Cast
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crowd.services.projects import ProjectPlan, create_project, launch_project
from crowd.services.refit import refit_project, request_refit
from crowd.services.tasks import NewTask, add_tasks
from crowd.services.workers import enrol


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def add_project(cast: Cast, n: int) -> None:
    plan = ProjectPlan(name=f"P{n}", labels=tuple({"value": value} for value in LABELS), price_micros=10_000)
    project = create_project(plan=plan, owner=cast.owner)
    add_tasks(project=project, tasks=[NewTask(key="t", payload={"text": "x"})], actor=cast.owner)
    launch_project(project=project, actor=cast.owner)
    enrol(project=project, worker=cast.worker)
    cast_of_it = Cast(cast.owner, cast.manager, cast.finance, cast.stranger, project, cast.workers)
    cast_of_it.answer(cast.worker)


def refit(cast: Cast) -> None:
    request_refit(project=cast.project)
    assert refit_project(project_id=cast.project.pk)


def answer_all(cast: Cast) -> None:
    for worker in cast.workers:
        while cast.claim(worker).state == "assigned":
            cast.answer(worker)


@pytest.mark.parametrize(("who", "page"), [("worker", "home"), ("owner", "home"), ("worker", "me")])
def test_own_pages(cast: Cast, log_in: Callable[..., Client], who: str, page: str) -> None:
    client = log_in(cast.worker.user if who == "worker" else cast.owner)
    cast.answer(cast.worker)
    client.get(reverse(page))
    with_one = queries(client, reverse(page))
    add_project(cast, 2)
    add_project(cast, 3)
    assert queries(client, reverse(page)) == with_one


@pytest.mark.parametrize("refitted", [False, True])
def test_manager_page(cast: Cast, owner_client: Client, refitted: bool) -> None:
    address = reverse("manage", args=[cast.project.uid])
    cast.gold(1)
    cast.answer(cast.worker)
    if refitted:
        refit(cast)
    owner_client.get(address)
    with_one = queries(owner_client, address)
    answer_all(cast)
    if refitted:
        refit(cast)
    assert queries(owner_client, address) == with_one


def test_desk(cast: Cast, worker_client: Client) -> None:
    cast.claim()
    worker_client.get(reverse("work", args=[cast.project.uid]))
    # Session, user, enrolment with project and worker, assignment with task.
    assert queries(worker_client, reverse("work", args=[cast.project.uid])) == 4
