"""The command line against a scripted server: files in and out, interruptions, where url and key come from."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_server import Reply, Script, serve_script

from assay_client.command_line import main, transfers

ROOT = Path(__file__).resolve().parent.parent.parent
IMPORT: dict[str, Any] = {
    "id": "i1",
    "state": "queued",
    "rows_total": None,
    "rows_checked": 0,
    "rows_done": 0,
    "rows_failed": 0,
    "tasks": 0,
    "golds": 0,
    "answers": 0,
    "seconds_left": None,
    "problem": None,
    "errors": [],
}
EXPORT: dict[str, Any] = {"id": "e1", "state": "queued", "rows": 0, "size_bytes": None, "problem": ""}
EXPORTED = EXPORT | {"state": "finished", "rows": 1, "size_bytes": 17}
DONE = IMPORT | {"state": "finished", "rows_total": 2, "rows_done": 2, "tasks": 2}


@pytest.fixture(autouse=True)
def _quick_and_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(transfers, "SECONDS_BETWEEN_LOOKS", 0.0)
    for name in ("ASSAY_URL", "ASSAY_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ASSAY_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def tasks_file(tmp_path: Path) -> Path:
    file = tmp_path / "tasks.csv"
    file.write_text("key,text\na,ä\nb,b\n", encoding="utf-8")
    return file


def run(script: Script, *arguments: str) -> int:
    return main(["--url", script.url, "--key", "k", *arguments])


def test_an_import_sends_the_file_then_follows_it_to_its_end(
    tasks_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checking = IMPORT | {"state": "checking", "rows_total": 2, "rows_checked": 1}
    with serve_script(Reply(202, IMPORT), Reply(200, checking), Reply(200, DONE)) as script:
        options = ("--project", "p", "--map", "id=key", "--map", "url=payload.image", "--format", "csv")
        assert run(script, "tasks", "import", str(tasks_file), *options) == 0
    sent, *looked = script.asked
    address = urlsplit(sent.path)
    assert (sent.method, address.path) == ("POST", "/api/v1/projects/p/imports")
    assert parse_qs(address.query) == {
        "name": ["tasks.csv"],
        "format": ["csv"],
        "map": ["id=key", "url=payload.image"],
        "on_error": ["stop"],
    }
    assert sent.body == tasks_file.read_bytes()
    assert [asked.path for asked in looked] == ["/api/v1/imports/i1"] * 2
    assert capsys.readouterr().err.splitlines() == [
        f"sending tasks.csv, {tasks_file.stat().st_size} bytes: import i1",
        "importing finished: 2 tasks",
    ]


def test_the_same_import_again_is_the_same_call_unless_it_is_to_be_another(tasks_file: Path) -> None:
    with serve_script(*[Reply(202, DONE)] * 4) as script:
        command = ("tasks", "import", str(tasks_file), "--project", "p")
        run(script, *command)
        run(script, *command)
        run(script, *command, "--again")
        tasks_file.write_text("key,text\na,other\n", encoding="utf-8")
        run(script, *command)
    first, second, again, other = (asked.headers["Idempotency-Key"] for asked in script.asked)
    assert first == second
    assert len({first, again, other}) == 3


def test_a_file_whose_sending_broke_off_is_sent_anew_as_a_whole(tasks_file: Path) -> None:
    with serve_script(Reply(is_lost=True), Reply(503, {}), Reply(202, DONE)) as script:
        assert run(script, "tasks", "import", str(tasks_file), "--project", "p") == 0
    assert [asked.body for asked in script.asked] == [tasks_file.read_bytes()] * 3
    assert len({asked.headers["Idempotency-Key"] for asked in script.asked}) == 1


def test_an_import_that_fails_names_its_rows_and_ends_with_4(
    tasks_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"row": 2, "column": "gold", "detail": "unknown label 'x'"},
        {"row": 3, "column": "", "detail": "too short"},
    ]
    failed = IMPORT | {"state": "failed", "rows_failed": 1, "problem": "1 row is wrong", "errors": rows}
    with serve_script(Reply(202, failed)) as script:
        assert run(script, "tasks", "import", str(tasks_file), "--project", "p") == 4
    said = capsys.readouterr()
    assert said.out == "row 2, gold: unknown label 'x'\nrow 3: too short\n"
    assert said.err.splitlines()[-1] == (
        "assay: the import failed: 1 row is wrong; mend the file, or start anew with --again"
    )


def test_an_export_is_made_followed_and_fetched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.csv"
    made = [Reply(202, EXPORT), Reply(200, EXPORT | {"state": "writing", "rows": 1}), Reply(200, EXPORTED)]
    with serve_script(*made, Reply(503, {}), Reply(200, b"task,label\na,cat\n")) as script:
        command = ("export", "p", "--what", "consensus", "--format", "csv", "--out", str(out))
        filters = ("--filter", "state=open", "--filter", "state=complete", "--filter", "min_confidence=0.5")
        assert run(script, *command, *filters) == 0
    assert out.read_text() == "task,label\na,cat\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    asked = [(one.method, one.path) for one in script.asked]
    assert asked == [
        ("POST", "/api/v1/projects/p/exports"),
        *[("GET", "/api/v1/exports/e1")] * 2,
        *[("GET", "/api/v1/exports/e1/file")] * 2,
    ]
    assert script.asked[0].body == {
        "kind": "consensus",
        "format": "csv",
        "state": ["open", "complete"],
        "min_confidence": "0.5",
    }
    assert capsys.readouterr().err.splitlines() == ["exporting finished: 1 rows", f"receiving {out}, 17 bytes"]


def test_a_streamed_export_is_one_call_that_reads(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with serve_script(Reply(200, b"task,label\n")) as script:
        assert run(script, "export", "p", "--stream", "--out", str(out), "--filter", "state=open") == 0
    [asked] = script.asked
    assert (asked.method, asked.path) == ("GET", "/api/v1/projects/p/exports/consensus?format=csv&state=open")
    assert out.read_bytes() == b"task,label\n"


def test_an_export_that_fails_ends_with_4_and_leaves_what_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    with serve_script(Reply(202, EXPORT), Reply(200, EXPORT | {"state": "failed", "problem": "too large"})) as script:
        assert run(script, "export", "p", "--out", str(out)) == 4
    assert (out.read_text(), [path.name for path in tmp_path.iterdir()]) == ("before", ["out.csv"])
    assert capsys.readouterr().err == "assay: the export failed: too large\n"


def test_ctrl_c_cancels_the_export_that_nobody_would_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with serve_script(Reply(202, EXPORT), Reply(200, EXPORT | {"state": "cancelled"})) as script:
        monkeypatch.setattr(transfers.time, "sleep", interrupt)
        assert run(script, "export", "p", "--out", str(tmp_path / "out.csv")) == 130
    assert [one.path for one in script.asked] == ["/api/v1/projects/p/exports", "/api/v1/exports/e1/cancel"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        (("state",), "--filter 'state' is not NAME=VALUE"),
        (("since=2026-01-01", "since=2026-02-01"), "--filter since is given twice"),
    ],
)
def test_a_filter_that_cannot_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], filters: tuple[str, ...], sentence: str
) -> None:
    flags = [flag for text in filters for flag in ("--filter", text)]
    with serve_script() as script:
        assert run(script, "export", "p", "--out", str(tmp_path / "out.csv"), *flags) == 2
    assert capsys.readouterr().err == f"assay: {sentence}\n"


def test_a_refused_export_leaves_what_was_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    with serve_script(Reply(404, {"code": "not_found", "detail": "there is no such project"})) as script:
        assert run(script, "export", "p", "--out", str(out)) == 1
    assert (out.read_text(), [path.name for path in tmp_path.iterdir()]) == ("before", ["out.csv"])
    assert capsys.readouterr().err == "assay: there is no such project [not_found, 404]\n"


def test_flags_come_before_the_environment_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serve_script(*[Reply(200, {"results": []})] * 3) as script:
        (tmp_path / "config.toml").write_text(f'url = "{script.url}"\nkey = "from file"\n')
        assert main(["project", "list"]) == 0
        monkeypatch.setenv("ASSAY_KEY", "from environment")
        assert main(["project", "list"]) == 0
        assert main(["--key", "from flag", "project", "list"]) == 0
    used = [asked.headers["Authorization"] for asked in script.asked]
    assert used == ["Bearer from file", "Bearer from environment", "Bearer from flag"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("url = ", "cannot be read: "),
        ('urls = "x"', 'may hold url = "…" and key = "…" only, not urls'),
    ],
)
def test_a_configuration_that_cannot_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    (tmp_path / "config.toml").write_text(text)
    assert main(["project", "list"]) == 2
    said = capsys.readouterr().err
    assert (sentence in said, said.count("\n")) == (True, 1)


def test_a_server_that_is_not_there_ends_with_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with serve_script() as script:
        pass
    assert run(script, "project", "list") == 3
    assert "did not answer GET /api/v1/projects in 6 attempts" in capsys.readouterr().err


def test_ctrl_c_ends_watching_with_a_word(tmp_path: Path) -> None:
    status = {
        "tasks": 2,
        "tasks_complete": 1,
        "tasks_disputed": 0,
        "answers": 3,
        "pending_answers": 0,
        "cost": {"amount": "0.01", "currency": "USD"},
    }
    with serve_script(*[Reply(200, {"status": status})] * 1000) as script:
        command = [sys.executable, "-m", "assay_client", "--url", script.url, "--key", "k", "watch", "p"]
        watching = subprocess.Popen(
            [*command, "--every", "0.05"], cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE, text=True
        )
        while len(script.asked) < 2:
            assert watching.poll() is None
            threading.Event().wait(0.02)
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=60)
    assert (watching.returncode, said) == (130, "assay: interrupted\n")
