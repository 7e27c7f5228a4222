"""TLS to a checked address keeps the name: it is sent in the handshake, and the certificate must be made out to it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import trustme
from webhook_receiver import Receiver, receiving

from crowd.services import outbound
from crowd.services.outbound import Reply, post

NAME = "hooks.example.org"


@dataclass
class Site:
    """A receiver behind TLS on this machine; the server names that handshakes asked for."""

    receiver: Receiver
    port: str
    names: list[str | None]


@contextmanager
def site(certificate: trustme.LeafCert) -> Iterator[Site]:
    """Receive with this certificate."""
    names: list[str | None] = []

    def note(_: Any, name: str | None, __: Any) -> None:
        names.append(name)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.sni_callback = note
    with receiving(tls=context) as receiver:
        yield Site(receiver, receiver.host.split(":")[1], names)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A local authority that is trusted beside the usual ones; the rest of the product's settings stay."""
    found = trustme.CA()
    context = outbound._tls.__wrapped__()
    found.configure_trust(context)
    monkeypatch.setattr(outbound, "_tls", lambda: context)
    return found


@pytest.fixture(autouse=True)
def _every_name_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: Any, *rest: Any, **options: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def send(found: Site, name: str = NAME) -> Reply:
    return post(url=f"https://{name}:{found.port}/hook", headers={}, body=b"{}", allowed=[f"{name}:{found.port}"])


def test_the_name_goes_into_the_handshake_and_the_certificate_is_checked_against_it(authority: trustme.CA) -> None:
    with site(authority.issue_cert(NAME)) as found:
        reply = send(found)
    assert (reply.status, reply.error, found.names) == (204, "", [NAME])
    [received] = found.receiver.received
    assert received.headers["host"] == f"{NAME}:{found.port}"


@pytest.mark.parametrize(
    "names",
    [
        ("other.example.org",),
        # The address that is connected to is not what was asked for.
        ("127.0.0.1",),
        ("*.org", "*.hooks.example.org", "example.org"),
    ],
)
def test_a_certificate_that_is_made_out_to_something_else_is_refused_and_nothing_is_sent(
    authority: trustme.CA, names: tuple[str, ...]
) -> None:
    with site(authority.issue_cert(*names)) as found:
        reply = send(found)
    assert reply.status is None
    assert f"certificate is not valid for '{NAME}'" in reply.error
    assert (found.names, found.receiver.received) == ([NAME], [])


def test_a_certificate_of_an_authority_that_nobody_trusts_is_refused_and_nothing_is_sent(
    authority: trustme.CA,
) -> None:
    with site(trustme.CA().issue_cert(NAME)) as found:
        reply = send(found)
    assert reply.status is None
    assert "CERTIFICATE_VERIFY_FAILED" in reply.error
    assert found.receiver.received == []


def test_a_receiver_that_is_named_by_its_address_needs_a_certificate_for_the_address(authority: trustme.CA) -> None:
    with site(authority.issue_cert("127.0.0.1")) as found:
        assert send(found, "127.0.0.1").status == 204
    with site(authority.issue_cert(NAME)) as found:
        refused = send(found, "127.0.0.1")
    assert refused.status is None
    assert "certificate is not valid for '127.0.0.1'" in refused.error
    assert found.receiver.received == []


def test_the_products_own_context_asks_for_certificates_with_names() -> None:
    context = outbound._tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
