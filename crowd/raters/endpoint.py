"""Talks to an OpenAI-compatible endpoint: one call, one reply or one failure with its reason."""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from crowd.enums import FailureReason
from crowd.networks import as_address, is_public

MAX_REPLY_BYTES = 4 * 1024 * 1024
CONNECT_SECONDS = 10.0
MAX_SHOWN = 300
TRANSIENT = {408, 409, 425}


@dataclass(frozen=True)
class Reply:
    """A completion as it came, with its token counts where the endpoint gives them."""

    body: dict[str, Any]
    input_tokens: int | None
    output_tokens: int | None
    latency_seconds: float


class CallFailed(Exception):
    """A call without a reply. ``is_transient``: the same call may succeed; ``retry_after``: seconds, when asked for."""

    def __init__(
        self,
        reason: FailureReason,
        detail: str,
        *,
        is_transient: bool,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.is_transient = is_transient
        self.retry_after = retry_after


def address_problem(url: str, *, is_local_allowed: bool) -> str | None:
    """What is wrong with an endpoint's address, without looking its name up; None when nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "this is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "give an address such as https://api.example.org/v1"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "give the address alone: no user, password, query or fragment"
    if port == 0:
        return "0 is no port"
    if parts.scheme == "http" and not is_local_allowed:
        return "use https; http is for local models, which this server's settings do not allow"
    literal = as_address(parts.hostname)
    if literal is None or is_local_allowed or is_public(literal):
        return None
    return f"{literal} is not a public address"


class Endpoint:
    """One endpoint with its connections; safe to call from several threads. Never prints the key."""

    def __init__(
        self, *, base_url: str, key: str | None, timeout_seconds: float, is_local_allowed: bool, connections: int = 8
    ) -> None:
        problem = address_problem(base_url, is_local_allowed=is_local_allowed)
        if problem is not None:
            raise CallFailed(FailureReason.REJECTED, f"{base_url}: {problem}", is_transient=False)
        self._url = urlsplit(base_url.rstrip("/"))
        self._key = key
        self.timeout_seconds = timeout_seconds
        self._is_local_allowed = is_local_allowed
        # No proxy of the environment and no redirect: the address that was checked is the one that is called.
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def chat(self, body: dict[str, Any], *, idempotency_key: str) -> Reply:
        """Ask once. Raises CallFailed."""
        began = time.monotonic()
        content = json.dumps(body, ensure_ascii=False).encode()
        parsed = self.ask("POST", "/chat/completions", content=content, idempotency_key=idempotency_key)
        usage = parsed.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Reply(
            body=parsed,
            input_tokens=count_of(usage.get("prompt_tokens")),
            output_tokens=count_of(usage.get("completion_tokens")),
            latency_seconds=time.monotonic() - began,
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        content_type: str = "application/json",
        idempotency_key: str = "",
    ) -> dict[str, Any]:
        """One request whose reply is a JSON object. Raises CallFailed."""
        reply = self.fetch(
            method, path, content=content, content_type=content_type, idempotency_key=idempotency_key,
            most_bytes=MAX_REPLY_BYTES,
        )  # fmt: skip
        try:
            parsed = json.loads(reply)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise CallFailed(FailureReason.OUTSIDE_SCHEMA, "the endpoint's reply is no JSON object", is_transient=False)
        return parsed

    def fetch(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        content_type: str = "application/json",
        idempotency_key: str = "",
        most_bytes: int,
    ) -> bytes:
        """One request, its reply as it is. Raises CallFailed."""
        headers = {"Content-Type": content_type, "Accept": "application/json"} if content is not None else {}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        try:
            status, answered, reply = self._send(method, path, headers, content, most_bytes)
        except httpx.TimeoutException as error:
            raise CallFailed(
                FailureReason.TIMEOUT, f"no reply within {self.timeout_seconds:g} s", is_transient=True
            ) from error
        except (httpx.TransportError, OSError) as error:
            raise CallFailed(
                FailureReason.UNREACHABLE, f"{self._url.hostname} cannot be reached ({error})", is_transient=True
            ) from error
        if not 200 <= status < 300:
            raise self._refusal(status, answered, reply)
        return reply

    def _send(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None, most_bytes: int
    ) -> tuple[int, httpx.Headers, bytes]:
        began = time.monotonic()
        host = str(self._url.hostname)
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        address = self._checked_address(host, port)
        shown = f"[{address}]" if ":" in address else address
        headers = {"Host": self._url.netloc, **headers}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        # The connection goes to the address that was checked; the name stays in Host and in the certificate's check,
        # so that a name that resolves differently the next moment gains nothing.
        with self._client.stream(
            method,
            f"{self._url.scheme}://{shown}:{port}{self._url.path}{path}",
            headers=headers,
            content=content,
            extensions={"sni_hostname": host},
        ) as response:
            pieces, size = [], 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > most_bytes:
                    raise CallFailed(
                        FailureReason.OUTSIDE_SCHEMA,
                        f"the reply is larger than {most_bytes // 1024**2} MB",
                        is_transient=False,
                    )
                # The client's limit is for each read: a reply that drips would never end.
                if time.monotonic() - began > self.timeout_seconds:
                    raise httpx.ReadTimeout("the reply took too long")
            return response.status_code, response.headers, b"".join(pieces)

    def _checked_address(self, host: str, port: int) -> str:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]).split("%")[0] for info in found]
        if not self._is_local_allowed:
            for address in addresses:
                found_address = as_address(address)
                if found_address is None or not is_public(found_address):
                    raise CallFailed(
                        FailureReason.REJECTED,
                        f"{host} leads to {address}, which is not a public address; the settings do not allow that",
                        is_transient=False,
                    )
        return addresses[0]

    def _refusal(self, status: int, headers: httpx.Headers, content: bytes) -> CallFailed:
        shown = self._without_key(content[: MAX_SHOWN * 2].decode(errors="replace"))[:MAX_SHOWN]
        detail = f"the endpoint answered {status}: {shown}"
        retry_after = retry_after_seconds(headers.get("retry-after"))
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return CallFailed(
                FailureReason.RATE_LIMITED, detail, is_transient=True, retry_after=retry_after, status=status
            )
        if status >= 500 or status in TRANSIENT:
            return CallFailed(
                FailureReason.SERVER_ERROR, detail, is_transient=True, retry_after=retry_after, status=status
            )
        return CallFailed(FailureReason.REJECTED, detail, is_transient=False, status=status)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "…") if self._key else text


def retry_after_seconds(value: str | None) -> float | None:
    """The seconds of a Retry-After header; dates are left to our own pauses."""
    if value is None or not re.fullmatch(r"\d{1,6}(\.\d+)?", value.strip()):
        return None
    return float(value)


def count_of(value: Any) -> int | None:
    """A count as it came; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
