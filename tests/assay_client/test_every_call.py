"""The client's calls and the API's document tell of the same operations, filters and fields."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay_client.call import Call, Endpoint, Pages
from assay_client.calls import pay, people, transfers
from assay_client.endpoints import Endpoints

ROOT = Path(__file__).resolve().parent.parent.parent
UID = "00000000-0000-0000-0000-000000000000"
AT = datetime(2026, 1, 1, tzinfo=UTC)
MONEY = {"amount": "1", "currency": "USD"}
SAMPLES: dict[str, Any] = {
    "view": "worker",
    "value": "cat",
    **dict.fromkeys(("at", "since", "until", "expires_at"), AT),
    **dict.fromkeys(("after", "before", "created_after", "created_before"), AT),
    **dict.fromkeys(("amount", "base", "floor"), MONEY),
    "half_width": 0.1,
    "file": Path("tasks.csv"),
    "kind": "answers",
    "format": "csv",
    **{name: {} for name in ("requirements", "course", "body", "prompt", "terms", "changes", "evidence", "options")},
    **{name: [] for name in ("tasks", "golds", "workers", "examples", "rejections", "factors")},
    **{name: ["x"] for name in ("labels", "kinds", "map", "answers", "lines", "scopes")},
    "filters": {"min_confidence": 0.5, "since": AT, "state": ["open"], "style": "preference"},
    "ladder": {},
}
# Where a name means something else in one call than in the others.
OF_CALL: dict[str, dict[str, Any]] = {
    "create_project": {"project": {}},
    "set_up_rater": {"rater": {}},
    "extend_task": {"answers": 2},
    "draw_prevalence_sample": {"tasks": 9},
    "preview_rater": {"tasks": 9},
    "grant_qualification": {"course": UID},
    "revoke_qualification": {"course": UID},
    "start_course": {"course": UID},
    "change_webhook": {"url": "https://example.org"},
}
# For `download`: their replies are no JSON.
FILES = {
    "export_now": transfers.export_now,
    "export_file": transfers.export_file,
    "import_errors": transfers.import_errors,
    "batch_file": pay.batch_file,
    "worker_report_file": people.worker_report_file,
}
METHODS = {name: found for name, found in vars(Endpoints).items() if isinstance(found, Endpoint | Pages)}


def described() -> dict[str, Call[Any]]:
    """One call of every method, with samples for everything that it can be given."""
    calls: dict[str, Call[Any]] = {}
    functions = {name: found.describe for name, found in METHODS.items()} | FILES
    for name, describe in functions.items():
        samples = SAMPLES | OF_CALL.get(name, {})
        parameters = inspect.signature(describe).parameters.values()
        named = {
            parameter.name: samples.get(parameter.name, UID)
            for parameter in parameters
            if parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        }
        calls[name] = describe(**named)
    return calls


def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    return found


DOCUMENT = document()
CALLS = described()


def operations() -> dict[tuple[str, str], re.Pattern[str]]:
    """The document's operations with what their addresses look like; a plain address before one with a blank."""
    found = {}
    for path in sorted(DOCUMENT["paths"], key=lambda path: path.count("{")):
        pattern = re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")))
        for method in DOCUMENT["paths"][path]:
            if method in ("get", "post", "patch", "put", "delete"):
                found[method.upper(), path] = pattern
    return found


OPERATIONS = operations()


def operation_of(call: Call[Any]) -> tuple[str, str] | None:
    for (method, path), pattern in OPERATIONS.items():
        if method == call.method and pattern.fullmatch(call.address):
            return method, path
    return None


def details_of(call: Call[Any]) -> dict[str, Any]:
    asked = operation_of(call)
    assert asked is not None
    details: dict[str, Any] = DOCUMENT["paths"][asked[1]][asked[0].lower()]
    return details


def schema_of(details: dict[str, Any]) -> dict[str, Any]:
    """What the operation's JSON body may hold."""
    schema = details["requestBody"]["content"]["application/json"]["schema"]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return found


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_call_asks_an_address_that_the_api_has(name: str) -> None:
    assert operation_of(CALLS[name]) is not None


def test_every_operation_of_the_document_has_a_call() -> None:
    called = {operation_of(call) for call in CALLS.values()}
    assert [operation for operation in OPERATIONS if operation not in called] == []


@pytest.mark.parametrize("name", sorted(name for name, call in CALLS.items() if call.query))
def test_a_calls_query_is_one_that_the_operation_reads(name: str) -> None:
    known = {one["name"] for one in details_of(CALLS[name])["parameters"] if one["in"] == "query"}
    assert sorted(set(CALLS[name].query) - known) == []


def test_every_filter_of_the_document_can_be_given() -> None:
    given = {operation: set[str]() for operation in OPERATIONS}
    for call in CALLS.values():
        asked = operation_of(call)
        assert asked is not None
        given[asked] |= set(call.query)
    missing = [
        (path, one["name"])
        for method, path in OPERATIONS
        for one in DOCUMENT["paths"][path][method.lower()].get("parameters", [])
        # Pages are followed by the client itself, in the size that the server chooses unless asked otherwise.
        if one["in"] == "query" and one["name"] not in given[method, path] | {"cursor", "page_size"}
    ]
    assert missing == []


@pytest.mark.parametrize("name", sorted(name for name, call in CALLS.items() if call.body))
def test_a_calls_body_has_only_fields_that_the_operation_knows(name: str) -> None:
    schema = schema_of(details_of(CALLS[name]))
    body = CALLS[name].body
    assert sorted(set(body) - set(schema.get("properties", body))) == []
    assert sorted(set(schema.get("required", ())) - set(body)) == []


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_list_in_pages_is_read_page_by_page(name: str) -> None:
    details = details_of(CALLS[name])
    has_pages = any(one["name"] == "cursor" for one in details.get("parameters", []))
    assert isinstance(METHODS[name], Pages) or not has_pages


def test_every_method_says_what_it_does() -> None:
    assert [name for name, found in METHODS.items() if not found.__doc__] == []
