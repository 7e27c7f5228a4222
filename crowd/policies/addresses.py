"""Which addresses of the network the server may be sent to by somebody else's URL."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from crowd.networks import as_address, is_public

# Where HTTPS is usually spoken; any other port is more likely somebody's database than a receiver.
PORTS = (443, 8443)
MAX_URL_LENGTH = 2000


def check_url(url: str, *, allowed: Collection[str] = ()) -> str | None:
    """What is wrong with a receiver's URL, None when nothing is.

    ``allowed`` names hosts, as ``host`` or ``host:port``, that may be reached without HTTPS, on any port.
    """
    if len(url) > MAX_URL_LENGTH:
        return f"is longer than {MAX_URL_LENGTH} characters"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "may hold only ASCII characters without spaces; write a host of another script in its xn-- form"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"is no URL: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must begin with https:// and name a host"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user name or password; check the signature instead"
    if parts.fragment:
        return "must not hold a fragment (#…): it is never sent"
    if is_allowed(parts, allowed):
        return None
    if parts.scheme != "https":
        return "must begin with https://"
    if port is not None and port not in PORTS:
        return f"must use port {' or '.join(map(str, PORTS))}"
    literal = as_address(parts.hostname)
    if literal is not None and not is_public(literal):
        return "leads to a private address; it must be reachable from the internet"
    return None


def is_allowed(parts: SplitResult, allowed: Collection[str]) -> bool:
    """Whether the operator has named this host: it may then be private and speak plain HTTP."""
    return parts.hostname in allowed or f"{parts.hostname}:{port_of(parts)}" in allowed


def port_of(parts: SplitResult) -> int:
    """The port of a URL, said or meant."""
    return parts.port or (443 if parts.scheme == "https" else 80)
