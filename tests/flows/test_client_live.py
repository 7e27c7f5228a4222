"""The client and its command line against a real server: the main verbs of managers, workers, webhooks."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running_server import ROOT, RunningServer
from webhook_receiver import Receiver, receiving

from assay_client import (
    AssayClient,
    AsyncAssayClient,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    WebhookRefused,
    verify_webhook,
)
from assay_client.calls import work as work_calls

pytestmark = pytest.mark.race

LABELS = [{"value": "yes", "title": "Yes"}, {"value": "no", "title": "No"}]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("live"))
    running.environment["ASSAY_WEBHOOK_ALLOWED_HOSTS"] = receiver.host
    running.start()
    yield running
    running.kill()


@pytest.fixture
def manager(server: RunningServer) -> Iterator[AssayClient]:
    with AssayClient(server.url(""), server.accounts["manager"]["key"]) as client:
        yield client


def make_project(manager: AssayClient, tasks: int = 3, **plan: object) -> str:
    fields = {"name": "Live", "labels": LABELS, "min_overlap": 2, "max_overlap": 2, "gold_rate": 0.0, **plan}
    project = str(manager.create_project(fields)["id"])
    manager.add_tasks(project, [{"key": f"t{i}", "payload": {"text": str(i)}} for i in range(tasks)])
    return project


def assay(server: RunningServer, *arguments: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody would from a shell."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    environment = keep | {"ASSAY_URL": server.url(""), "ASSAY_CONFIG": "/nonexistent"}
    environment["ASSAY_KEY"] = server.accounts["manager"]["key"] if key is None else key
    return subprocess.run(
        [sys.executable, "-m", "assay_client", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_project_from_its_creation_to_its_reports(server: RunningServer, manager: AssayClient) -> None:
    project = make_project(manager)
    keys = [made["key"] for made in manager.add_workers(project, [{"name": "a"}, {"name": "b"}])]
    with pytest.raises(Conflict) as refusal:
        manager.pause(project)
    assert refusal.value.code == "conflict"
    assert manager.launch(project)["state"] == "live"
    for key in keys:
        with AssayClient(server.url(""), key) as worker:
            claim = worker.claim(project)
            assert worker.renew(claim["assignment"]["id"])["id"] == claim["assignment"]["id"]
            worker.release(claim["assignment"]["id"])
            claim = worker.claim(project)
            while claim["state"] == "assigned":
                claim = worker.submit_and_next(claim["assignment"]["id"], "yes")["next"]
            assert claim["state"] in ("finished", "wait")
            with pytest.raises(Forbidden):
                worker.project(project)
    server.wait_until(lambda: manager.project(project)["status"]["pending_answers"] == 0)
    answers = list(manager.answers(project, page_size=2))
    assert len(answers) == 6
    assert len({row["id"] for row in answers}) == 6
    assert {row["label"] for row in manager.consensus(project)} == {"yes"}
    assert len(list(manager.trust(project))) == 2
    assert manager.payouts(project)["ledger_balances"] is True
    # Whether two answers are sure enough depends on when the full fit comes; nobody differed.
    assert all(row["labels_given"] == ["yes"] for row in manager.disputes(project))
    assert project in [row["id"] for row in manager.projects()]


def test_refusals_have_their_class_and_their_pointer(server: RunningServer, manager: AssayClient) -> None:
    with pytest.raises(InvalidInput) as refusal:
        manager.create_project({"name": "x", "labels": []})
    assert refusal.value.status == 422
    assert refusal.value.errors[0].pointer == "/labels"
    with pytest.raises(NotFound):
        manager.project("00000000-0000-0000-0000-000000000000")
    with AssayClient(server.url(""), "nonsense") as nobody, pytest.raises(NotAuthenticated):
        list(nobody.projects())


def test_many_workers_at_once_over_asyncio_fill_every_place_once(server: RunningServer, manager: AssayClient) -> None:
    project = make_project(manager, tasks=6)
    keys = [made["key"] for made in manager.add_workers(project, [{"name": f"w{i}"} for i in range(4)])]
    manager.launch(project)

    async def work(key: str) -> int:
        done = 0
        async with AsyncAssayClient(server.url(""), key) as worker:
            claim = await worker.claim(project)
            while claim["state"] == "assigned":
                claim = (await worker.submit_and_next(claim["assignment"]["id"], "no"))["next"]
                done += 1
        return done

    async def everybody() -> tuple[int, list[str]]:
        done = sum(await asyncio.gather(*(work(key) for key in keys)))
        async with AsyncAssayClient(server.url(""), server.accounts["manager"]["key"]) as reader:
            return done, [row["id"] async for row in reader.answers(project, page_size=5)]

    done, found = asyncio.run(everybody())
    assert done == len(found) == len(set(found)) == 12


def test_a_repeat_under_one_idempotency_key_has_no_second_effect(server: RunningServer, manager: AssayClient) -> None:
    project = make_project(manager)
    [made] = manager.add_workers(project, [{"name": "a"}])
    manager.launch(project)
    with AssayClient(server.url(""), made["key"]) as worker:
        assignment = worker.claim(project)["assignment"]["id"]
        call = work_calls.submit(assignment, "yes").with_key("mine")
        assert worker.send(call) == worker.send(call)
    assert len(list(manager.answers(project))) == 1


def test_webhooks_are_delivered_and_verified(manager: AssayClient, server: RunningServer, receiver: Receiver) -> None:
    project = make_project(manager)
    before = len(receiver.received)
    hook = manager.add_webhook(project, receiver.url, ["task.completed"])
    ping = manager.ping_webhook(hook["id"])
    receiver.wait_for(before + 1)
    received = receiver.received[before]
    assert received.webhook_id == ping["webhook_id"]
    message = verify_webhook(received.body, received.headers, hook["secret"])
    assert (message["type"], message["data"]["project"]) == ("ping", project)
    with pytest.raises(WebhookRefused):
        verify_webhook(received.body + b" ", received.headers, hook["secret"])
    server.wait_until(lambda: next(iter(manager.deliveries(hook["id"])))["state"] == "delivered")
    fresh = manager.rotate_webhook(hook["id"], 1)["secret"]
    since = datetime.now(UTC) - timedelta(hours=1)
    assert manager.redeliver_since(hook["id"], since, is_everything=True)["lined_up"] == 1
    receiver.wait_for(before + 2)
    again = receiver.received[before + 1]
    for secret in (fresh, hook["secret"]):
        verify_webhook(again.body, again.headers, secret)
    assert manager.change_webhook(hook["id"], is_active=False)["is_active"] is False
    manager.remove_webhook(hook["id"])
    assert list(manager.webhooks(project)) == []


def test_the_command_line_makes_shows_and_launches_a_project(server: RunningServer, manager: AssayClient) -> None:
    made = assay(server, "project", "create", "From the shell", "--labels", "yes,no", "--overlap", "2-3")
    assert (made.returncode, made.stderr) == (0, "")
    project = made.stdout.strip()
    listed = assay(server, "project", "list")
    assert f"{project}  draft  From the shell" in listed.stdout
    shown = json.loads(assay(server, "--json", "project", "show", project).stdout)
    assert (shown["min_overlap"], shown["max_overlap"]) == (2, 3)
    refused = assay(server, "project", "launch", project)
    assert refused.returncode == 1
    assert refused.stderr == "assay: the project has no tasks; add tasks before launching it [conflict, 409]\n"
    manager.add_tasks(project, [{"key": "t", "payload": {"text": "x"}}])
    assert assay(server, "project", "launch", project).stdout == "live\n"
    assert assay(server, "project", "pause", project).stdout == "paused\n"


def test_the_command_line_ends_with_a_code_and_a_sentence(server: RunningServer) -> None:
    without_key = assay(server, "project", "list", key="")
    assert (without_key.returncode, without_key.stderr.count("\n")) == (2, 1)
    assert "there is no API key" in without_key.stderr
    wrong_key = assay(server, "project", "list", key="nonsense")
    assert (wrong_key.returncode, "[authentication_failed, 401]" in wrong_key.stderr) == (1, True)
    no_file = assay(server, "tasks", "import", "/nonexistent.csv", "--project", "p")
    assert (no_file.returncode, no_file.stderr) == (2, "assay: there is no file /nonexistent.csv\n")
    bad_range = assay(server, "project", "create", "x", "--labels", "a,b", "--overlap", "many")
    assert bad_range.returncode == 2


def test_watching_ends_when_every_task_is_finished(server: RunningServer, manager: AssayClient, tmp_path: Path) -> None:
    project = make_project(manager, tasks=1, min_overlap=1, max_overlap=1)
    [made] = manager.add_workers(project, [{"name": "a"}])
    manager.launch(project)
    with AssayClient(server.url(""), made["key"]) as worker:
        worker.submit(worker.claim(project)["assignment"]["id"], "yes")
    watched = assay(server, "watch", project, "--every", "0.2")
    assert watched.returncode == 0
    assert watched.stderr.startswith("tasks finished 1 of 1, 1 answers")
