"""Files up and down by both clients: whole, or not there; a connection that breaks off begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Reply, Script, serve_script

from assay_client import AssayClient, AsyncAssayClient, Call, NotFound, RetryPolicy, Unreachable
from assay_client.calls import projects, transfers

FAST = RetryPolicy(attempts=3, first_wait_seconds=0.01, longest_wait_seconds=0.02)
CONTENT = bytes(range(256)) * 1000

Download = Callable[[Script, Path], int]
Send = Callable[[Script, Call[Any]], Any]


def _download(script: Script, file: Path) -> int:
    with AssayClient(script.url, "k", retry=FAST) as client:
        return client.download(transfers.export_file("e1"), file)


def _download_awaited(script: Script, file: Path) -> int:
    async def run() -> int:
        async with AsyncAssayClient(script.url, "k", retry=FAST) as client:
            return await client.download(transfers.export_file("e1"), file)

    return asyncio.run(run())


@pytest.fixture(params=[_download, _download_awaited])
def download(request: pytest.FixtureRequest) -> Download:
    """Fetches an export's file by either client; the bytes written."""
    found: Download = request.param
    return found


def _send(script: Script, call: Call[Any]) -> Any:
    with AssayClient(script.url, "k", retry=FAST) as client:
        return client.send(call)


def _send_awaited(script: Script, call: Call[Any]) -> Any:
    async def run() -> Any:
        async with AsyncAssayClient(script.url, "k", retry=FAST) as client:
            return await client.send_async(call)

    return asyncio.run(run())


@pytest.fixture(params=[_send, _send_awaited])
def send(request: pytest.FixtureRequest) -> Send:
    """Sends a call by either client."""
    found: Send = request.param
    return found


def test_a_file_arrives_byte_for_byte(download: Download, tmp_path: Path) -> None:
    with serve_script(Reply(200, CONTENT)) as script:
        assert download(script, tmp_path / "out") == len(CONTENT)
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_download_that_breaks_off_begins_anew(download: Download, tmp_path: Path) -> None:
    broken = Reply(200, CONTENT[:1000], is_cut_short=True)
    with serve_script(broken, Reply(is_lost=True), Reply(200, CONTENT)) as script:
        assert download(script, tmp_path / "out") == len(CONTENT)
    assert len(script.asked) == 3
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_a_download_that_breaks_off_every_time_leaves_what_was_there(download: Download, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"before")
    broken = Reply(200, CONTENT[:1000], is_cut_short=True)
    with serve_script(*[broken] * 3) as script, pytest.raises(Unreachable):
        download(script, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_that_is_not_there_is_a_refusal(download: Download, tmp_path: Path) -> None:
    with serve_script(Reply(404, {"code": "not_found", "detail": "no"})) as script, pytest.raises(NotFound):
        download(script, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_upload_is_the_file_byte_for_byte_at_every_attempt_under_one_key(send: Send, tmp_path: Path) -> None:
    file = tmp_path / "tasks.csv"
    file.write_bytes(CONTENT)
    with serve_script(Reply(is_lost=True), Reply(503, {}), Reply(202, {"id": "i1"})) as script:
        assert send(script, transfers.start_import("p", file, idempotency_key="mine")) == {"id": "i1"}
    assert [asked.body for asked in script.asked] == [CONTENT] * 3
    assert [asked.headers["Idempotency-Key"] for asked in script.asked] == ["mine"] * 3
    assert {asked.headers["Content-Length"] for asked in script.asked} == {str(len(CONTENT))}


def test_a_version_that_was_read_goes_with_the_change(send: Send) -> None:
    with serve_script(Reply(200, {"id": "p", "name": "a"}, {"ETag": '"7"'}), Reply(200, {"id": "p"})) as script:
        found = send(script, projects.versioned_project("p"))
        send(script, projects.change_project("p", {"name": "b"}, found.etag))
    assert (found.body, found.etag) == ({"id": "p", "name": "a"}, '"7"')
    asked = script.asked[1]
    assert (asked.method, asked.headers["If-Match"], asked.body) == ("PATCH", '"7"', {"name": "b"})


def test_any_configuration_can_be_read_and_replaced_by_its_version(send: Send) -> None:
    with serve_script(Reply(200, {"languages": []}, {"ETag": '"1"'}), Reply(200, {"languages": ["de"]})) as script:
        found = send(script, projects.requirements("p").versioned())
        send(script, projects.set_requirements("p", {"languages": ["de"]}).unless_changed_since(found.etag))
    assert (found.body, found.etag) == ({"languages": []}, '"1"')
    assert [asked.headers.get("If-Match") for asked in script.asked] == [None, '"1"']
