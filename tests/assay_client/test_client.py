"""The client's calls: which address each one asks, how pages become one list."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_server import Reply, serve_script

from assay_client import AssayClient


def test_pages_are_read_to_the_end():
    first = {
        "results": [{"id": 1}, {"id": 2}],
        "next": "http://elsewhere.invalid/api/v1/projects/p/answers?cursor=a%20b%2Fc",
    }
    last = {"results": [{"id": 3}], "next": None}
    with serve_script(Reply(200, first), Reply(200, last)) as script, AssayClient(script.url, "k") as client:
        assert list(client.answers("p")) == [{"id": 1}, {"id": 2}, {"id": 3}]
    addresses = [urlsplit(asked.path) for asked in script.asked]
    assert [address.path for address in addresses] == ["/api/v1/projects/p/answers"] * 2
    assert [parse_qs(address.query) for address in addresses] == [{}, {"cursor": ["a b/c"]}]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (
            lambda c: c.add_tasks("p", [{"key": "t", "payload": {}}]),
            "POST",
            "/projects/p/tasks",
            {"tasks": [{"key": "t", "payload": {}}]},
        ),
        (lambda c: c.add_golds("p", []), "POST", "/projects/p/golds", {"golds": []}),
        (lambda c: c.launch("p"), "POST", "/projects/p/launch", {}),
        (lambda c: c.project("p"), "GET", "/projects/p", None),
        (lambda c: c.refit("p"), "POST", "/projects/p/refit", {}),
        (lambda c: c.agreement("p"), "GET", "/projects/p/agreement", None),
        (lambda c: c.payouts("p"), "GET", "/projects/p/payouts", None),
        (lambda c: c.claim("p"), "POST", "/projects/p/claim", {}),
        (lambda c: c.submit("a", "cat"), "POST", "/assignments/a/submit", {"value": "cat"}),
    ],
)
def test_each_call_asks_its_own_address(call, method, path, body):
    with serve_script(Reply(200, {})) as script, AssayClient(script.url + "/", "k") as client:
        call(client)
    [asked] = script.asked
    assert (asked.method, asked.path, asked.body) == (method, "/api/v1" + path, body)


def test_created_workers_come_back_with_their_keys():
    made = [{"id": "w", "name": "Ann", "kind": "human", "key": "k1"}]
    with serve_script(Reply(201, {"workers": made})) as script, AssayClient(script.url, "k") as client:
        assert client.add_workers("p", [{"name": "Ann", "kind": "human"}]) == made
