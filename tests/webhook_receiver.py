"""A real HTTP server on this machine that receives webhooks and answers as it is told."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it arrived; ``status`` is what it was answered with, None for not at all."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None

    @property
    def webhook_id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        """The decoded body."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


@dataclass
class Receiver:
    """What came in, and how it is answered: ``reply`` gets the number of the request, from 0.

    A reply is a status, (status, body, headers), or None: the connection is closed without one.
    """

    url: str
    host: str
    reply: Callable[[int], Any]
    received: list[Received] = field(default_factory=list)

    def wait_for(self, requests: int) -> None:
        """Until so many requests have come in."""
        deadline = time.monotonic() + 60
        while len(self.received) < requests:
            assert time.monotonic() < deadline, f"only {len(self.received)} of {requests} requests came"
            time.sleep(0.02)


@contextmanager
def receiving(reply: Callable[[int], Any] = lambda n: 204, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive on a free port, behind TLS where a context is given."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                number = len(receiver.received)
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, content, None))
            answer = receiver.reply(number)
            if answer is None:
                return
            status, body, extra = answer if isinstance(answer, tuple) else (answer, b"", {})
            receiver.received[number] = Received(self.path, headers, content, status)
            try:
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked has given up

        def log_message(self, *_: Any) -> None:
            """Tests read what came in, not a log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        host = f"127.0.0.1:{server.server_port}"
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver = Receiver(f"{'http' if tls is None else 'https'}://{host}/hook", host, reply)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
