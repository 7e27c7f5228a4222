"""Files in and out of a real server, by the client and by the command, killed in the middle and repeated."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import ROOT, RunningServer

from assay_client import AssayClient, AsyncAssayClient
from assay_client.calls import transfers

pytestmark = pytest.mark.race

PLAN: dict[str, Any] = {"name": "Files", "labels": [{"value": "yes"}, {"value": "no"}], "gold_rate": 0}
# Many chunks of an import, and many chunks of an upload.
ROWS = 12_000


class Live:
    """A server with its folder, and a manager's client."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = RunningServer(folder)
        self.server.start()
        self.key = self.server.accounts["manager"]["key"]
        self.manager = AssayClient(self.server.url(""), self.key)
        self.begun: list[subprocess.Popen[str]] = []

    def project(self) -> str:
        return str(self.manager.create_project(PLAN)["id"])

    def command(self, *arguments: str, code: str = "") -> list[str]:
        """A command line; ``code`` runs in its process first."""
        if not code:
            return [sys.executable, "-m", "assay_client", *arguments]
        program = f"{code}\nfrom assay_client.command_line import main\nraise SystemExit(main({list(arguments)!r}))"
        return [sys.executable, "-c", program]

    def begin(self, *arguments: str, code: str = "") -> subprocess.Popen[str]:
        keep = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        environment = keep | {"ASSAY_URL": self.server.url(""), "ASSAY_KEY": self.key, "ASSAY_CONFIG": "/nonexistent"}
        running = subprocess.Popen(
            self.command(*arguments, code=code),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.begun.append(running)
        return running

    def close(self) -> None:
        """Leave nothing running, also after a test that failed midway."""
        for running in self.begun:
            running.kill()
            running.communicate()
        self.manager.close()
        self.server.kill()

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run the command to its end: its code, and what it said on standard error."""
        running = self.begin(*arguments)
        _, said = running.communicate(timeout=300)
        return running.returncode, said

    def imports(self, project: str) -> list[dict[str, Any]]:
        return list(self.manager.imports(project))

    def keys(self, project: str, out: Path) -> list[str]:
        """The keys of the project's tasks, by an export of the client."""
        self.manager.download(transfers.export_now(project, "tasks", "jsonl"), out)
        return keys_in(out)

    def forget_leases(self, table: str) -> None:
        """As if so much time had passed that the dead process's lease has run out."""
        with sqlite3.connect(self.folder / "assay.sqlite3") as database:
            database.execute(f"UPDATE {table} SET leased_until = '2000-01-01 00:00:00' WHERE finished_at IS NULL")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    found = Live(tmp_path_factory.mktemp("live"))
    yield found
    found.close()


def tasks_file(folder: Path, rows: int) -> Path:
    file = folder / "tasks.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["key", "payload.text"])
        writer.writerows([f"k{i:05}", f"Zeile {i} ä " + "x" * 40] for i in range(rows))
    return file


def keys_in(file: Path) -> list[str]:
    return [json.loads(line)["key"] for line in file.read_text(encoding="utf-8").splitlines()]


def expected(rows: int) -> list[str]:
    return [f"k{i:05}" for i in range(rows)]


def wait(condition: Any) -> Any:
    deadline = time.monotonic() + 120
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not get there in time"
        time.sleep(0.02)
    return found


def test_a_file_goes_in_by_the_client_and_comes_out_again(live: Live, tmp_path: Path) -> None:
    project, file = live.project(), tasks_file(tmp_path, 300)
    job = live.manager.start_import(project, file)
    state = wait(lambda: (found := live.manager.get_import(job["id"]))["finished_at"] and found)
    assert (state["state"], state["tasks"], state["rows_failed"]) == ("finished", 300, 0)
    made = live.manager.start_export(project, "tasks", "jsonl", state=["open"])
    ready = wait(lambda: (found := live.manager.get_export(made["id"]))["finished_at"] and found)
    assert (ready["state"], ready["rows"]) == ("finished", 300)
    out = tmp_path / "out.jsonl"
    written = live.manager.download(transfers.export_file(made["id"]), out)
    assert written == out.stat().st_size == ready["size_bytes"]
    again = live.project()
    job = live.manager.start_import(again, out)
    state = wait(lambda: (found := live.manager.get_import(job["id"]))["finished_at"] and found)
    assert (state["state"], state["tasks"]) == ("finished", 300)
    payloads = [{row["key"]: row["payload"] for row in live.manager.tasks(one)} for one in (project, again)]
    assert payloads[0] == payloads[1]
    assert sorted(payloads[0]) == expected(300)


def test_a_file_goes_in_and_out_by_the_asynchronous_client(live: Live, tmp_path: Path) -> None:
    project, file, out = live.project(), tasks_file(tmp_path, 300), tmp_path / "out.jsonl"

    async def there_and_back() -> int:
        async with AsyncAssayClient(live.server.url(""), live.key) as manager:
            job = await manager.start_import(project, file)
            while (job := await manager.get_import(job["id"]))["finished_at"] is None:
                await asyncio.sleep(0.05)
            made = await manager.start_export(project, "tasks", "jsonl")
            while (made := await manager.get_export(made["id"]))["finished_at"] is None:
                await asyncio.sleep(0.05)
            return await manager.download(transfers.export_file(made["id"]), out)

    assert asyncio.run(there_and_back()) == out.stat().st_size
    assert sorted(keys_in(out)) == expected(300)


def test_an_import_whose_command_was_killed_while_sending_is_sent_by_the_next(live: Live, tmp_path: Path) -> None:
    project, file = live.project(), tasks_file(tmp_path, ROWS)
    die = (
        "import os, signal\n"
        "from assay_client.command_line import transfers\n"
        "def halfway(self, done, total, note=''):\n"
        "    if total and 2 * done > total: os.kill(os.getpid(), signal.SIGKILL)\n"
        "transfers.Progress.update = halfway"
    )
    arguments = ("tasks", "import", str(file), "--project", project)
    killed = live.begin(*arguments, code=die)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert live.imports(project) == []
    code, said = live.run(*arguments)
    assert (code, said.splitlines()[-1]) == (0, f"importing finished: {ROWS} tasks")
    [job] = live.imports(project)
    assert (job["state"], job["tasks"]) == ("finished", ROWS)
    assert sorted(live.keys(project, tmp_path / "out.jsonl")) == expected(ROWS)


def test_an_import_whose_command_and_server_are_killed_midway_is_ended_by_a_repeat(live: Live, tmp_path: Path) -> None:
    project, file = live.project(), tasks_file(tmp_path, ROWS)
    arguments = ("tasks", "import", str(file), "--project", project)
    following = live.begin(*arguments)
    # A fast machine may be through before anybody looks: the repeat must find that job, too.
    wait(lambda: (jobs := live.imports(project)) and jobs[0]["rows_done"] > 0)
    live.server.kill()
    following.kill()
    following.communicate(timeout=60)
    live.forget_leases("crowd_import")
    live.server.start()
    [job] = live.imports(project)
    assert job["state"] in ("writing", "finished")
    code, said = live.run(*arguments)
    assert (code, said.splitlines()[-1]) == (0, f"importing finished: {ROWS} tasks")
    assert [found["id"] for found in live.imports(project)] == [job["id"]]
    assert sorted(live.keys(project, tmp_path / "out.jsonl")) == expected(ROWS)


def test_an_export_whose_command_and_server_are_killed_is_whole_after_a_repeat(live: Live, tmp_path: Path) -> None:
    project, file, out = live.project(), tasks_file(tmp_path, ROWS), tmp_path / "out.jsonl"
    assert live.run("tasks", "import", str(file), "--project", project)[0] == 0
    arguments = ("export", project, "--what", "tasks", "--format", "jsonl", "--out", str(out))
    following = live.begin(*arguments)
    wait(lambda: list(live.manager.exports(project)))
    live.server.kill()
    following.kill()
    following.communicate(timeout=60)
    assert not out.exists()
    live.forget_leases("crowd_export")
    live.server.start()
    code, said = live.run(*arguments)
    assert (code, said.splitlines()[0]) == (0, f"exporting finished: {ROWS} rows")
    assert sorted(keys_in(out)) == expected(ROWS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "tasks.csv"]
    first = wait(lambda: all(job["finished_at"] for job in live.manager.exports(project)))
    assert first
    assert [job["rows"] for job in live.manager.exports(project)] == [ROWS, ROWS]
