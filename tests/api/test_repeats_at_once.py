"""Simultaneous calls of the document's examples over connections of their own: one acts, all hear the same."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cast import Cast, make_cast
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from example_calls import OPERATIONS, VERSIONED, bound_ids, call, caller, reader
from example_scenes import filled_project
from rest_framework.test import APIClient

from crowd.errors import DomainError
from crowd.models import IdempotencyRecord

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

REPEATS, FEW_REPEATS = 20, 4
# One of each nature is repeated as often as anybody will: what creates, pays, moves on, takes many, takes a file.
OFTEN = {"post_projects", "post_bonuses", "post_pause", "post_tasks", "post_imports", "post_claim", "post_submit"}
# What shows a secret: only once, a repeat finds it left out.
SHOWN_ONCE = {"post_keys", "post_key_rotate", "post_webhooks", "post_webhook_rotate", "post_workers"}
# What needs a project with answers and a model's votes, in an order that works in one; the others have a fresh one.
IN_FULL_PROJECT = [
    "post_model_promote",
    "post_model_demote",
    "post_model_prevalence",
    "post_budget",
    "post_rater_retrain",
]
TABLES = sorted(
    model._meta.db_table for model in apps.get_models() if model._meta.managed and model is not IdempotencyRecord
)


class Crowd:
    """Threads with connections of their own that begin together."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def together(self, act: Callable[[], Any], n: int) -> list[Any]:
        start = threading.Barrier(n)

        def one() -> Any:
            start.wait(60)
            return act()

        return [future.result(120) for future in [self._pool.submit(one) for _ in range(n)]]


@pytest.fixture
def crowd(transactional_db: None) -> Iterator[Crowd]:
    with ThreadPoolExecutor(REPEATS) as pool:
        found = Crowd(pool)
        yield found
        found.together(lambda: connection.close(), REPEATS)  # each thread's own


def test_every_post_acts_once_however_often_it_is_repeated_at_once(crowd: Crowd) -> None:
    posts = sorted(name for name, (method, _, _) in OPERATIONS.items() if method == "POST")
    assert OFTEN | SHOWN_ONCE | set(IN_FULL_PROJECT) <= set(posts)
    posts.sort(key=lambda name: IN_FULL_PROJECT.index(name) if name in IN_FULL_PROJECT else len(IN_FULL_PROJECT))
    # Its scene publishes terms of work, to which nobody in the projects after it would have agreed.
    posts.append(posts.pop(posts.index("post_own_consent")))
    full, wrong = filled_project(), []
    for operation in posts:
        try:
            repeat_at_once(crowd, full if operation in IN_FULL_PROJECT else make_cast(), operation)
        except (AssertionError, DomainError, DatabaseError) as error:
            wrong.append(f"{operation}: {error}")
    assert wrong == [], "\n".join(wrong)


def repeat_at_once(crowd: Crowd, cast: Cast, operation: str) -> None:
    bound, client = bound_ids(cast, operation), caller(cast, operation)
    before = rows()
    with transaction.atomic():
        alone = call(client, operation, bound)
        assert alone.status_code < 300, alone.content
        made = difference(before, rows())
        transaction.set_rollback(True)

    def post(is_other: bool = False) -> Any:
        return call(same(client), operation, bound, is_other, **{"Idempotency-Key": f"once-{operation}"})

    replies = crowd.together(post, REPEATS if operation in OFTEN else FEW_REPEATS)
    early = [reply for reply in replies if reply.status_code == 409]
    for reply in early:
        assert (reply.json()["code"], "Retry-After" in reply) == ("in_progress", True)
    done = [reply for reply in replies if reply.status_code != 409] + [post() for _ in early]
    first = [reply for reply in done if "Idempotent-Replay" not in reply]
    assert len(first) == 1, [(reply.status_code, reply.content[:300]) for reply in done]
    bodies = [reply.json() for reply in done]
    if operation in SHOWN_ONCE:
        assert sum(has_secret(body) for body in bodies) == 1
        bodies = [without_secrets(body) for body in bodies]
    assert [body for body in bodies if body != bodies[0]] == []
    assert {(reply.status_code, reply.get("ETag")) for reply in done} == {(alone.status_code, first[0].get("ETag"))}
    assert difference(before, rows()) == made
    other = post(is_other=True)
    # Who has been erased has no key any more.
    refused = (401, "authentication_failed") if operation == "post_own_erase" else (422, "idempotency_key_reused")
    assert (other.status_code, other.json()["code"]) == refused
    assert difference(before, rows()) == made


def test_of_two_changes_to_the_same_version_at_once_one_is_made(crowd: Crowd) -> None:
    wrong = {}
    for operation in VERSIONED:
        cast = make_cast()
        bound, client = bound_ids(cast, operation), caller(cast, operation)
        version = call(client, reader(operation), bound)["ETag"]
        change = lambda: call(same(client), operation, bound, **{"If-Match": version})  # noqa: B023, E731
        found = sorted(reply.status_code for reply in crowd.together(change, 2))
        if found[0] >= 300 or found[1] not in ((404, 412) if OPERATIONS[operation][0] == "DELETE" else (412,)):
            wrong[operation] = found
    assert wrong == {}


def without_secrets(body: Any) -> Any:
    """The body with nothing in the places of secrets."""
    if isinstance(body, dict):
        return {name: without_secrets(one) for name, one in body.items() if name not in ("key", "secret")}
    return [without_secrets(one) for one in body] if isinstance(body, list) else body


def has_secret(body: Any) -> bool:
    """Whether a secret is there to read."""
    return re.search(r"(assay|whsec)_[\w+/=-]{16,}", str(body)) is not None


def same(client: APIClient) -> APIClient:
    """A client of a thread's own, with the same key."""
    found = APIClient()
    found.credentials(**client._credentials)
    return found


def rows() -> dict[str, int]:
    """How many rows each table has."""
    counts = " UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in TABLES)
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return dict(cursor.fetchall())


def difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """What has come or gone."""
    return {table: n - before[table] for table, n in after.items() if n != before[table]}
