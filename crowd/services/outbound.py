"""Sends one POST to somebody else's server: to a checked address, without redirects, for a bounded time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpx

from crowd.networks import as_address, is_public
from crowd.policies.addresses import check_url, is_allowed, port_of

# From the look-up of the name to the last byte that is read.
TOTAL_SECONDS = 20.0
CONNECT_SECONDS = 5.0
REPLY_BYTES = 500
# Addresses of one name that are tried.
MAX_ADDRESSES = 3


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. ``status`` is None when nothing did; ``error`` then says why."""

    status: int | None = None
    text: str = ""
    error: str = ""
    retry_after_seconds: float | None = None
    duration_ms: int = 0


class Refused(Exception):
    """The URL leads where the server must not go."""


def post(*, url: str, headers: Mapping[str, str], body: bytes, allowed: Collection[str] = ()) -> Reply:
    """Send and wait for the reply, at most ``TOTAL_SECONDS``; raises nothing that the other side could cause.

    The name is looked up once, every address found must be public, and the connection goes to an address that was
    checked, while Host and TLS keep the name. ``allowed`` hosts may be private.
    """
    begun = time.monotonic()
    try:
        reply = asyncio.run(_within_time(url, headers, body, allowed))
    except Refused as error:
        reply = Reply(error=str(error))
    except TimeoutError:
        reply = Reply(error=f"no complete reply within {TOTAL_SECONDS:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        reply = Reply(error=f"{type(error).__name__}: {error}"[:300])
    elapsed_ms = int((time.monotonic() - begun) * 1000)
    return Reply(**{**reply.__dict__, "duration_ms": elapsed_ms})


async def _within_time(url: str, headers: Mapping[str, str], body: bytes, allowed: Collection[str]) -> Reply:
    async with asyncio.timeout(TOTAL_SECONDS):
        problem = check_url(url, allowed=allowed)
        if problem is not None:
            raise Refused(f"the address {problem}")
        parts = urlsplit(url)
        host = parts.hostname or ""
        addresses = await _addresses(host, port_of(parts))
        if not is_allowed(parts, allowed):
            for text in addresses:
                address = as_address(text)
                if address is None or not is_public(address):
                    raise Refused(f"{host} leads to a private address; nothing was sent")
        timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
        async with httpx.AsyncClient(verify=_tls(), timeout=timeout, trust_env=False, follow_redirects=False) as client:
            for tried, text in enumerate(addresses[:MAX_ADDRESSES], 1):
                # The name stays in Host and in the TLS handshake; what is connected to is what was checked.
                target = httpx.URL(url).copy_with(scheme=parts.scheme, host=text, port=port_of(parts))
                request = client.build_request(
                    "POST",
                    target,
                    headers={**headers, "Host": parts.netloc},
                    content=body,
                    extensions={"sni_hostname": host},
                )
                try:
                    return await _read(client, request)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    if tried == min(len(addresses), MAX_ADDRESSES):
                        raise
    raise Refused(f"{host} has no address")


async def _addresses(host: str, port: int) -> list[str]:
    if as_address(host) is not None:
        return [host]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Refused(f"the name {host} cannot be looked up ({error.strerror or error})") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> Reply:
    response = await client.send(request, stream=True)
    try:
        read = b""
        # Raw bytes: a compressed reply must not grow here.
        async for chunk in response.aiter_raw(REPLY_BYTES):
            read += chunk
            if len(read) >= REPLY_BYTES:
                break
    except httpx.HTTPError:
        # The status has come, and it is what counts.
        pass
    finally:
        await response.aclose()
    text = read[:REPLY_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return Reply(
        status=response.status_code,
        text=text,
        retry_after_seconds=_seconds(response.headers.get("Retry-After", "")),
    )


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 9 else None


@cache
def _tls() -> ssl.SSLContext:
    """One context for all connections: reading the certificate store takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)
