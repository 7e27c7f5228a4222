"""Exchange: one call from its first attempt to its outcome, without sending anything itself.

Both clients drive it: they send what `request` says, tell it what came back, and wait as long as it says.
"""

from __future__ import annotations

import ssl
import uuid
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from assay_client.call import Call
from assay_client.errors import AssayError, Unreachable
from assay_client.retry import RETRIED, RetryPolicy
from assay_client.shapes import Versioned

CHUNK_BYTES = 1 << 16
T = TypeVar("T")


class Exchange:
    """The attempts of one call. Every POST keeps one Idempotency-Key through all of them."""

    def __init__(self, call: Call[Any], retry: RetryPolicy) -> None:
        self.call = call
        self.attempt = 1
        self._retry = retry
        self._headers: dict[str, str] = {}
        if call.method == "POST":
            self._headers["Idempotency-Key"] = call.idempotency_key or str(uuid.uuid4())
        if call.if_match is not None:
            self._headers["If-Match"] = call.if_match

    def arguments(self) -> dict[str, Any]:
        """For ``build_request``; the content of an upload is the client's to add."""
        call = self.call
        found: dict[str, Any] = {"method": call.method, "url": call.address, "headers": self._headers}
        if call.query:
            found["params"] = call.query
        if call.upload is not None:
            length = {"Content-Type": "application/octet-stream", "Content-Length": str(call.upload.stat().st_size)}
            found["headers"] = self._headers | length
        elif call.body is not None:
            found["json"] = call.body
        return found

    def wait_after_loss(self, error: httpx.TransportError, server: httpx.URL) -> float:
        """Seconds to wait after an attempt without a reply; raises Unreachable after the last."""
        if self.attempt >= self._retry.attempts:
            raise Unreachable(
                "unreachable",
                0,
                f"{server} did not answer {self.call.method} {self.call.address} in {self.attempt} attempts"
                f" ({type(error).__name__}: {error})",
            ) from error
        return self._wait(None)

    def wait_after(self, response: httpx.Response) -> float | None:
        """Seconds to wait before the next attempt; None when the response is the outcome."""
        retry_after = response.headers.get("Retry-After")
        # 409 with Retry-After: the first attempt, whose reply was lost, is still under way.
        is_under_way = response.status_code == 409 and retry_after is not None
        if not (response.status_code in RETRIED or is_under_way) or self.attempt >= self._retry.attempts:
            return None
        return self._wait(retry_after)

    def _wait(self, retry_after: str | None) -> float:
        seconds = self._retry.wait_seconds(self.attempt, retry_after)
        self.attempt += 1
        return seconds


def outcome_of(call: Call[T], response: httpx.Response) -> T:
    """What the call gives, from its read response; raises AssayError from 400 up."""
    body = decoded(response)
    return call.read(Versioned(body, response.headers.get("ETag", "")) if call.is_versioned else body)


def decoded(response: httpx.Response) -> Any:
    """The JSON of a read response, None when it has no body; raises AssayError from 400 up."""
    if response.status_code >= 400:
        raise AssayError.from_response(response)
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise AssayError.from_response(response) from error


def next_page(page: Any) -> str | None:
    """Path and query of the next page: only they are followed, so that no reply sends the key to another host."""
    after = page.get("next")
    return urlsplit(after)._replace(scheme="", netloc="").geturl() if after else None


def settings(base_url: str, key: str, timeout_seconds: float) -> dict[str, Any]:
    """What both kinds of httpx client are made with."""
    return {
        "base_url": base_url.rstrip("/"),
        "headers": {"Authorization": f"Bearer {key}", "Accept": "application/json"},
        "timeout": timeout_seconds,
        "verify": _tls(),
        # A proxy from the environment would otherwise stand between two processes of one machine.
        "trust_env": False,
    }


@cache
def _tls() -> ssl.SSLContext:
    """One context for all connections: reading the certificate store takes longer than a request."""
    return httpx.create_ssl_context()
