"""The command line: exit codes, one sentence for what goes wrong."""

from __future__ import annotations

import signal
import socket

import pytest

from demo.__main__ import CACHE, main
from demo.source import ARCHIVE


@pytest.fixture(autouse=True)
def _keep_signal_handler():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_taken_port_ends_it_with_exit_code_1_before_anything_is_done(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1])]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert printed.err.startswith("demo: port ")
    assert list(tmp_path.iterdir()) == []


def test_a_spoilt_download_ends_it_with_exit_code_1(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    archive = tmp_path / CACHE / ARCHIVE
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"half a downl")
    assert main(["--no-serve"]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"demo: {CACHE / ARCHIVE} is not the vaderSentiment 3.3.2 that the demo knows")
    assert printed.err.count("\n") == 1
