"""A fake OpenAI-compatible endpoint on a real socket: records all it receives, answers as it is told."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fake_batches import FakeBatches

Answer = Callable[[dict[str, Any]], Any]


def completion(content: str | None, *, tokens: list[dict[str, Any]] | None = None, **choice: Any) -> dict[str, Any]:
    """A chat completion."""
    message = {"role": "assistant", "content": content}
    logprobs = None if tokens is None else {"content": tokens}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs, **choice}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    }


def tokens_of(label: str, top: dict[str, float]) -> list[dict[str, Any]]:
    """The tokens of a JSON reply, with the alternatives where the label begins."""
    alternatives = [{"token": word, "logprob": math.log(share)} for word, share in top.items()]
    chosen = {"token": label, "logprob": math.log(top[label]), "top_logprobs": alternatives}
    return [
        {"token": '{"label": "', "logprob": 0.0, "top_logprobs": []},
        chosen,
        {"token": '"}', "logprob": 0.0, "top_logprobs": []},
    ]


def options(body: dict[str, Any]) -> list[str]:
    """The label words that a call offers."""
    found: list[str] = body["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"]
    return found


def text(body: dict[str, Any]) -> str:
    """What the call asks about."""
    return str(body["messages"][-1]["content"])


def says(label: str) -> Answer:
    """An endpoint that gives one label to everything; aliased calls get the alias of the same label."""

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        word = meant(body, label)
        return completion(json.dumps({"label": word}), tokens=tokens_of(word, {word: 0.8, other(body, word): 0.1}))

    return answer


def meant(body: dict[str, Any], label: str) -> str:
    """The word that stands for a label in this call."""
    if label in options(body):
        return label
    system = body["messages"][0]["content"]
    return next(word for word in options(body) if re.search(rf'\b{word}("}})? \(meaning {label}\)', system))


def other(body: dict[str, Any], word: str) -> str:
    """Some other word of the call."""
    return next(option for option in options(body) if option != word)


@dataclass
class FakeEndpoint:
    """``answer``: what it replies, a completion or (status, headers, body). ``bodies``: all it has received."""

    url: str
    answer: Answer
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    # What a provider that honours idempotency keys would charge: distinct keys that it answered.
    charged: dict[str, Any] = field(default_factory=dict)
    most_at_once: int = 0
    at_once: int = 0
    delay_seconds: float = 0.0
    batches: FakeBatches | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def fake_endpoint(answer: Answer, port: int = 0) -> Iterator[FakeEndpoint]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._batches(b"")

        def do_DELETE(self) -> None:
            self._batches(b"")

        def do_POST(self) -> None:
            if not self.path.endswith("/chat/completions"):
                self._batches(self.rfile.read(int(self.headers["Content-Length"])))
                return
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = self.headers.get("Idempotency-Key", "")
            with endpoint.lock:
                endpoint.bodies.append(body)
                endpoint.headers.append(dict(self.headers))
                endpoint.at_once += 1
                endpoint.most_at_once = max(endpoint.most_at_once, endpoint.at_once)
                reply = endpoint.charged.get(key)
            try:
                if endpoint.delay_seconds:
                    time.sleep(endpoint.delay_seconds)
                if reply is None:
                    reply = endpoint.answer(body)
                if isinstance(reply, dict):
                    with endpoint.lock:
                        endpoint.charged.setdefault(key, reply)
                    reply = (200, {}, json.dumps(reply))
                status, headers, content = reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content.encode())))
                self.end_headers()
                self.wfile.write(content.encode())
            except (BrokenPipeError, ConnectionResetError):
                pass  # the caller was killed or gave up
            finally:
                with endpoint.lock:
                    endpoint.at_once -= 1

        def _batches(self, raw: bytes) -> None:
            assert endpoint.batches is not None, self.path
            try:
                status, headers, content = endpoint.batches.serve(self.command, self.path, dict(self.headers), raw)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content.encode())))
                self.end_headers()
                self.wfile.write(content.encode())
            except (BrokenPipeError, ConnectionResetError):
                pass  # the caller was killed or gave up

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    endpoint = FakeEndpoint(url=f"http://127.0.0.1:{server.server_address[1]}/v1", answer=answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
