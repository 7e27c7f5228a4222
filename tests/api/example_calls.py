"""Carries out the examples of the API's document in the cast's project, with real ids in the places of their own."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

from callers import as_user, as_worker
from cast import Cast
from example_scenes import PUT, SCENES
from rest_framework.test import APIClient

from api.examples import example_of
from api.examples.example import IDS
from api.permission_table import PUBLIC, access_for
from api.schema import openapi
from crowd.enums import KeyScope

# Operation id: method, address, what the document says.
OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in openapi()["paths"].items()
    for method, operation in methods.items()
}

VERSIONED = sorted(
    name
    for name, (_, _, described) in OPERATIONS.items()
    if any(parameter["name"] == "If-Match" for parameter in described.get("parameters", ()))
)
# The reply that brings the ETag, where it is not the GET of the same address.
READ_BY = {"post_rule_retire": "get_rules"}


def reader(operation: str) -> str:
    """The operation that brings the ETag of what this one replaces."""
    _, path, _ = OPERATIONS[operation]
    gets = [name for name, (method, where, _) in OPERATIONS.items() if method == "GET" and where == path]
    return READ_BY.get(operation) or gets[0]


def bound_ids(cast: Cast, operation: str) -> dict[str, str]:
    """What exists for everything that the example names, made where it is missing."""
    example, path = example_of(operation), OPERATIONS[operation][1]
    bound = {name: str(uid) for name, uid in SCENES.get(operation, lambda _: {})(cast).items()}
    body = json.dumps([example.body, example.query])
    named = set(re.findall(r"{(\w+)}", path)) | {name for name, uid in IDS.items() if uid in body}
    for name in sorted(named - bound.keys()):
        bound[name] = str(PUT[name](cast))
    return bound


def address_of(operation: str, bound: dict[str, str]) -> str:
    """The address with real ids, and the example's query."""
    example, path = example_of(operation), OPERATIONS[operation][1]
    query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in example.query.items()}
    address = re.sub(r"{(\w+)}", lambda found: bound[found[1]], path)
    return f"{address}?{urlencode(with_real_ids(query, bound))}" if query else address


def call(client: APIClient, operation: str, bound: dict[str, str], is_other: bool = False, **headers: str) -> Any:
    """The reply to the example, or to one with another body."""
    example = example_of(operation)
    if isinstance(example.body, str):
        body = example.body + "\n" * is_other
    else:
        body = json.dumps((example.body or {}) | ({"another": 1} if is_other else {}))
    return client.generic(
        OPERATIONS[operation][0],
        address_of(operation, bound),
        with_real_ids(body, bound),
        content_type=example.media_type,
        headers=headers,
    )


def caller(cast: Cast, operation: str) -> APIClient:
    """Who may: a worker for what workers do, else the owner."""
    access = access_for(f"api-{operation.partition('_')[2].replace('_', '-')}", OPERATIONS[operation][0])
    assert access is not None
    if access == PUBLIC:
        return APIClient()
    return as_worker(cast) if access.scope == KeyScope.WORKER else as_user(cast, cast.owner)


def with_real_ids(given: Any, bound: dict[str, str]) -> Any:
    """The example with the ids that exist in the place of its own."""
    if isinstance(given, dict):
        return {name: with_real_ids(value, bound) for name, value in given.items()}
    if isinstance(given, str):
        for name in bound.keys() & IDS.keys():
            given = given.replace(IDS[name], bound[name])
    return given
