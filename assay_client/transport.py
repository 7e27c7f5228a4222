"""One HTTP connection pool to the server, which repeats what is safe to repeat."""

from __future__ import annotations

import random
import ssl
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from assay_client.errors import AssayError

BUSY = (429, 503)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often, how patiently: the wait doubles from ``first_wait_seconds`` up to ``longest_wait_seconds``.

    A Retry-After header replaces the doubled wait, up to ``longest_wait_seconds`` as well.
    """

    attempts: int = 6
    first_wait_seconds: float = 0.2
    longest_wait_seconds: float = 10.0

    def wait_seconds(self, attempt: int, retry_after: str | None) -> float:
        """Seconds before attempt ``attempt + 1`` (the first attempt is 1)."""
        if retry_after is not None and retry_after.isdigit():
            return min(float(retry_after), self.longest_wait_seconds)
        doubled = min(self.first_wait_seconds * 2.0 ** (attempt - 1), self.longest_wait_seconds)
        # Clients that were refused together must not come back together.
        return doubled * random.uniform(0.5, 1.0)


class Transport:
    """Sends requests with the key; safe to share between threads.

    Every POST carries an Idempotency-Key made once per call, so that a repeat after a lost reply changes nothing.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_seconds: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._retry = retry or RetryPolicy()
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
            timeout=timeout_seconds,
            verify=_tls(),
            # A proxy from the environment would otherwise stand between two processes of one machine.
            trust_env=False,
        )

    def send(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> Any:
        """The decoded JSON of the reply, None when it has no body.

        Raises AssayError for every status from 400 up, and with the code "unreachable" when no attempt got a reply.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        for attempt in range(1, self._retry.attempts + 1):
            is_last = attempt == self._retry.attempts
            try:
                response = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                if is_last:
                    raise AssayError(
                        "unreachable",
                        0,
                        f"{self._http.base_url} did not answer {method} {path} in {attempt} attempts"
                        f" ({type(error).__name__}: {error})",
                    ) from error
                time.sleep(self._retry.wait_seconds(attempt, None))
                continue
            if response.status_code in BUSY and not is_last:
                time.sleep(self._retry.wait_seconds(attempt, response.headers.get("Retry-After")))
                continue
            if response.status_code >= 400:
                raise AssayError.from_response(response)
            return _decode(response)
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


@cache
def _tls() -> ssl.SSLContext:
    """One context for all connections: reading the certificate store takes longer than a request."""
    return httpx.create_ssl_context()


def _decode(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise AssayError.from_response(response) from error
