"""The server as a child process, played by a few lines of Python."""

from __future__ import annotations

import os
import socket
import sys

import httpx
import pytest

from demo.errors import DemoError
from demo.server import Server, check_port, free_port

HEALTHY = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def _server(tmp_path, code, port):
    return Server([sys.executable, "-c", code, str(port)], port=port, log=tmp_path / "log", environment=os.environ)


def test_it_is_waited_for_then_stopped(tmp_path):
    with _server(tmp_path, HEALTHY, free_port()) as server:
        server.wait_until_healthy(within_seconds=10)
        assert server.is_running
    assert not server.is_running
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/healthz", trust_env=False)


def test_one_that_ends_by_itself_is_reported_with_the_end_of_its_log(tmp_path):
    with (
        _server(tmp_path, "print('no such table: crowd_user'); raise SystemExit(3)", free_port()) as server,
        pytest.raises(DemoError, match="ended with exit code 3") as refusal,
    ):
        server.wait_until_healthy(within_seconds=10)
    assert "no such table: crowd_user" in str(refusal.value)


def test_one_that_never_answers_is_given_up(tmp_path):
    with (
        _server(tmp_path, "import time; time.sleep(60)", free_port()) as server,
        pytest.raises(DemoError, match="not healthy within 0 seconds"),
    ):
        server.wait_until_healthy(within_seconds=0.2)
    assert not server.is_running


def test_a_taken_port_is_one_sentence_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {port} .*make demo PORT=8001") as refusal:
            check_port(port)
    assert "\n" not in str(refusal.value)


def test_a_free_port_passes():
    check_port(free_port())
