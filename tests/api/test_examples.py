"""Every example of the API's document is executed: what it asks is done, and is answered as it says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cast import Cast
from django.db import transaction
from example_calls import OPERATIONS, bound_ids, call, caller
from example_scenes import filled_project
from jsonschema import Draft202012Validator

from api.examples import REPLIES_FILE, REQUESTS, replies
from api.examples.example import IDS
from api.schema import openapi

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# scripts/write_examples asks for the replies to be kept instead of compared.
KEPT: dict[str, Any] | None = {} if os.environ.get("ASSAY_WRITE_EXAMPLES") else None


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """One project for all examples; what an example changes is taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield filled_project()
        transaction.set_rollback(True)
    if KEPT is not None:
        REPLIES_FILE.write_text(json.dumps(dict(sorted(KEPT.items())), indent=1, ensure_ascii=False) + "\n")


@pytest.fixture
def scene(filled: Cast, db: None) -> Cast:
    filled.project.refresh_from_db()
    return filled


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_example_is_answered_as_it_says(scene: Cast, operation: str) -> None:
    bound = bound_ids(scene, operation)
    response = call(caller(scene, operation), operation, bound)
    media_type = response.headers.get("Content-Type", "").split(";")[0]
    found = {"status": response.status_code, "type": media_type}
    if media_type == "application/json":
        text = b"".join(response) if getattr(response, "streaming", False) else response.content
        found["body"] = json.loads(as_example(text.decode(), bound))
    assert response.status_code < 300, response.content
    if KEPT is not None:
        KEPT[operation] = shortened(found)
        return
    expected = replies()[operation]
    assert (found["status"], found["type"]) == (expected["status"], expected["type"])
    assert shape(found.get("body")) == shape(expected.get("body")), "run scripts/write_examples"


def test_every_example_is_of_an_operation() -> None:
    assert set(REQUESTS) - set(OPERATIONS) == set()
    assert set(replies()) == set(OPERATIONS), "run scripts/write_examples"


@pytest.mark.parametrize("operation", sorted(name for name, one in REQUESTS.items() if one.body is not None))
def test_an_example_is_what_its_operation_asks_for(operation: str) -> None:
    content = OPERATIONS[operation][2]["requestBody"]["content"][REQUESTS[operation].media_type]
    assert content["example"] == REQUESTS[operation].body
    schema = {**content["schema"], "components": openapi()["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(REQUESTS[operation].body)] == []


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_the_document_shows_the_reply(operation: str) -> None:
    kept = replies()[operation]
    content = OPERATIONS[operation][2]["responses"][str(kept["status"])].get("content", {})
    assert kept["status"] == 204 or kept["type"] in content or "*/*" in content
    if "body" in kept:
        assert content["application/json"]["example"] == kept["body"]


def as_example(text: str, bound: dict[str, str]) -> str:
    """A reply with ids, times and keys that are the same whenever it is asked for."""
    known = {uid: IDS[name] for name, uid in bound.items() if name in IDS}
    text = UUID.sub(
        lambda found: known.setdefault(found[0], f"{len(known) + 256:08x}-0000-4000-8000-000000000000"), text
    )
    text = TIME.sub("2026-03-02T09:30:00Z", text)
    return re.sub(r"(assay|whsec)_[\w+/=-]{16,}", r"\1_shown-once", text).replace("http://testserver", "")


def shortened(value: Any) -> Any:
    """Lists with their first two elements, which show enough."""
    if isinstance(value, dict):
        return {name: shortened(one) for name, one in value.items()}
    return [shortened(one) for one in value[:2]] if isinstance(value, list) else value


def shape(value: Any) -> Any:
    """The names in a reply; of a list those of its first element."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return None
