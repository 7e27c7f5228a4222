"""Requests to somebody else's server: never to a private address, never for longer or for more than is bounded."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from webhook_receiver import receiving

from crowd.networks import as_address, is_public
from crowd.policies.addresses import check_url
from crowd.services import outbound
from crowd.services.outbound import REPLY_BYTES, post


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "fec0::1"),
        # Private IPv4 addresses in IPv6 clothes: mapped, compatible, NAT64, 6to4, Teredo.
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001:0:53aa:64c:0:0:80ff:fffe"),
    ],
)
def test_a_private_address_is_no_public_one(text: str) -> None:
    address = as_address(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_a_public_address_is_one_in_any_clothes(text: str) -> None:
    address = as_address(text)
    assert address is not None
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.org/hook", None),
        ("https://example.org:8443/hook?a=b", None),
        ("http://example.org/hook", "must begin with https://"),
        ("ftp://example.org/", "must begin with https:// and name a host"),
        ("https:///hook", "must begin with https:// and name a host"),
        ("https://example.org:5432/", "must use port 443 or 8443"),
        ("https://example.org:99999/", "is no URL: Port out of range 0-65535"),
        ("https://127.0.0.1/", "leads to a private address; it must be reachable from the internet"),
        ("https://[::ffff:10.0.0.1]/", "leads to a private address; it must be reachable from the internet"),
        ("https://me:secret@example.org/", "must not hold a user name or password; check the signature instead"),
        ("https://example.org/#part", "must not hold a fragment (#…): it is never sent"),
        ("https://example.org/" + "a" * 2000, "is longer than 2000 characters"),
    ],
)
def test_a_receivers_url_is_checked(url: str, problem: str | None) -> None:
    assert check_url(url) == problem


def test_a_host_that_the_operator_named_may_be_private_and_plain() -> None:
    assert check_url("http://127.0.0.1:9000/", allowed=["127.0.0.1:9000"]) is None
    assert check_url("http://127.0.0.1:9001/", allowed=["127.0.0.1:9000"]) == "must begin with https://"
    assert check_url("http://inside:9001/", allowed=["inside"]) is None


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> Iterator[list[str]]:
    """A name server that gives every name these addresses; the names asked for."""
    asked: list[str] = []

    def look_up(host: str, port: Any, *rest: Any, **options: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", look_up)
        yield asked


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with resolving(monkeypatch, "93.184.215.14", "10.0.0.1") as asked:
        reply = post(url="https://example.org/hook", headers={}, body=b"{}")
    assert (reply.status, reply.error) == (None, "example.org leads to a private address; nothing was sent")
    assert asked == ["example.org"]


def test_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        port = receiver.host.split(":")[1]
        with resolving(monkeypatch, "127.0.0.1") as asked:
            reply = post(url=f"http://inside.example:{port}/x?y=z", headers={}, body=b"{}", allowed=["inside.example"])
        assert reply.status == 204
        # The one other look-up is the library's, of the address that it was given.
        assert asked.count("inside.example") == 1
        [received] = receiver.received
    assert (received.headers["host"], received.path) == (f"inside.example:{port}", "/x?y=z")


def test_only_the_first_bytes_of_a_reply_are_kept_and_bad_ones_are_replaced() -> None:
    with receiving(lambda n: (200, b"\xff\0" + b"a" * 1_000_000, {})) as receiver:
        reply = post(url=receiver.url, headers={}, body=b"{}", allowed=[receiver.host])
    assert reply.status == 200
    assert reply.text == "\ufffd\ufffd" + "a" * (REPLY_BYTES - 2)


def test_a_server_that_drips_its_headers_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.6)
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"x: y\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        begun = time.monotonic()
        reply = post(url=f"http://{host}/", headers={}, body=b"{}", allowed=[host])
        stop.set()
        thread.join()
    assert reply.status is None
    assert reply.error.startswith("no complete reply within ")
    assert time.monotonic() - begun < 20


def test_a_server_that_is_not_there_is_an_error_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
    reply = post(url=f"http://{host}/", headers={}, body=b"{}", allowed=[host])
    assert reply.status is None
    assert reply.error.startswith("ConnectError: ")
