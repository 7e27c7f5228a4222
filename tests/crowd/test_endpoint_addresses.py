"""A model's endpoint cannot be a way into the server's own network, however the address is written."""

from __future__ import annotations

import socket

import pytest

from crowd.raters.endpoint import CallFailed, Endpoint, address_problem

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::7f00:1]",
    "[fec0::1]",
    "[fe80::1]",
    "[fd00::1]",
    "0.0.0.0",
    "224.0.0.1",
    "100.64.0.1",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused_as_it_is_written(host: str) -> None:
    assert address_problem(f"https://{host}/v1", is_local_allowed=False) is not None


@pytest.mark.parametrize("host", [*PRIVATE, "2130706433", "0x7f000001", "017700000001", "127.1", "rebind.example"])
def test_a_name_that_leads_there_is_refused_before_anything_is_sent(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = host.strip("[]")
    if host == "rebind.example":  # a public address beside a private one: neither is used
        found = ["93.184.216.34", "127.0.0.1"]
    else:
        try:
            found = [str(entry[4][0]) for entry in socket.getaddrinfo(address, 443, type=socket.SOCK_STREAM)]
        except OSError:
            return  # this resolver does not read it as an address; nobody can be reached by it
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", (one, 443)) for one in found])
    endpoint = Endpoint(base_url="https://model.example/v1", key=None, timeout_seconds=2, is_local_allowed=False)
    try:
        with pytest.raises(CallFailed, match="not a public address"):
            endpoint.chat({}, idempotency_key="k")
    finally:
        endpoint.close()
