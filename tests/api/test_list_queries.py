"""Every list of the API asks the database as often for three rows as for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cast import Cast, make_cast
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from example_calls import OPERATIONS, address_of, caller
from example_scenes import PUT
from growing_lists import GROWING

from api.permission_table import TABLE
from api.schema import openapi

pytestmark = pytest.mark.django_db
MOST = 20
# What must be asked; what need not be would leave out rows that are added here.
QUERIES = dict.fromkeys(("get_own_statement", "get_worker_statement"), "?from=2026-01-01T00:00:00Z")


def lists() -> set[str]:
    """Operations whose reply is a list of rows."""
    schemas, found = openapi()["components"]["schemas"], set()
    for name, (method, _, described) in OPERATIONS.items():
        content = described["responses"].get("200", {}).get("content", {}).get("application/json")
        if method == "GET" and content is not None:
            schema = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2], content["schema"])
            if schema.get("properties", {}).get("results", {}).get("type") == "array":
                found.add(name)
    return found


@pytest.fixture(scope="module")
def many(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """One project for all lists; the rows of each are taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_cast(tasks=8, workers=6, min_overlap=5, max_overlap=6, budget_micros=10**9)
        transaction.set_rollback(True)


def test_no_list_is_forgotten() -> None:
    assert lists() - set(GROWING) == set(), "say in tests/api/growing_lists.py how one row more comes about"
    in_table = {f"get_{name.removeprefix('api-').replace('-', '_')}" for name in TABLE}
    assert set(GROWING) - in_table == set()


@pytest.mark.parametrize("operation", sorted(GROWING))
def test_three_rows_cost_as_many_queries_as_one(many: Cast, db: None, operation: str) -> None:
    many.project.refresh_from_db()
    part, grow = GROWING[operation]
    client, bound = caller(many, operation), dict[str, Any]()
    counts, lengths = [], []
    for added in ((0,), (1, 2)):
        for n in added:
            bound = grow(many, n, bound) or bound
        named = {name: str(bound[name] if name in bound else PUT[name](many)) for name in parameters(operation)}
        where = address_of(operation, named).partition("?")[0] + QUERIES.get(operation, "")
        # The first call may fill what a process keeps.
        client.get(where)
        with CaptureQueriesContext(connection) as asked:
            response = client.get(where)
            content = b"".join(response) if response.streaming else response.content
        assert response.status_code == 200, content
        counts.append(len(asked))
        lengths.append(len(json.loads(content)[part]))
    assert lengths[1] - lengths[0] >= 2, "rows were added that the list does not show"
    assert counts[0] == counts[1] <= MOST


def parameters(operation: str) -> list[str]:
    return [part[1:-1] for part in OPERATIONS[operation][1].split("/") if part.startswith("{")]
