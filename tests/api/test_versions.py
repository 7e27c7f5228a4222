"""A configuration that somebody else has changed since it was read stays: 412, whichever it is."""

from __future__ import annotations

from typing import Any

import pytest
from callers import as_user, problem, url
from cast import Cast, make_cast
from example_calls import OPERATIONS, VERSIONED, bound_ids, call, caller, reader
from filled import webhook

from crowd.models import Webhook

pytestmark = pytest.mark.django_db

# What only adds to a configuration, or moves it on by a verb: nothing that somebody has written can get lost.
ADDING = {
    *("post_projects", "post_tasks", "post_golds", "post_workers", "post_members", "post_project_courses", "post_keys"),
    *("post_webhooks", "post_raters", "post_example_pools", "post_imports", "post_exports", "post_batches"),
    *("post_model_prevalence", "post_rater_preview"),
    "post_own_consent",  # names the version of the text in its body
}


def test_whatever_replaces_a_configuration_takes_if_match() -> None:
    readable = {path for method, path, _ in OPERATIONS.values() if method == "GET"}
    replacing = {
        name
        for name, (method, path, _) in OPERATIONS.items()
        if method == "PATCH" or (method == "POST" and path in readable and name not in ADDING)
    }
    assert replacing - set(VERSIONED) == set()


@pytest.mark.parametrize("operation", VERSIONED)
def test_a_change_to_what_has_changed_meanwhile_is_refused(cast: Cast, operation: str) -> None:
    bound = bound_ids(cast, operation)
    client, read = caller(cast, operation), caller(cast, reader(operation))
    before = etag(read, operation, bound)
    assert problem(call(client, operation, bound, **{"If-Match": '"another"'})) == (412, "precondition_failed")
    assert etag(read, operation, bound) == before
    done = call(client, operation, bound, **{"If-Match": before, "Idempotency-Key": "once"})
    assert done.status_code < 300, done.content
    if OPERATIONS[operation][0] == "DELETE":
        return
    assert done["ETag"] == etag(read, operation, bound) != before
    assert problem(call(client, operation, bound, **{"If-Match": before})) == (412, "precondition_failed")
    if OPERATIONS[operation][0] == "POST":
        again = call(client, operation, bound, **{"If-Match": before, "Idempotency-Key": "once"})
        assert (again.status_code, again.json(), again["ETag"]) == (done.status_code, done.json(), done["ETag"])


def test_what_a_webhook_lives_through_is_no_change_of_its_configuration(cast: Cast) -> None:
    hook, client = webhook(cast), as_user(cast, cast.owner)
    before = client.get(f"/api/v1/webhooks/{hook.uid}")["ETag"]
    Webhook.objects.update(failures=3)
    assert client.get(f"/api/v1/webhooks/{hook.uid}")["ETag"] == before


def test_versions_of_two_projects_do_not_hang_on_their_ids(cast: Cast) -> None:
    other = make_cast()
    etags = {
        as_user(one, one.owner).get(url(one, "requirements"))["ETag"]  # asked of nobody, in both
        for one in (cast, other)
    }
    assert len(etags) == 1


def etag(client: Any, operation: str, bound: dict[str, str]) -> str:
    found: str = call(client, reader(operation), bound)["ETag"]
    return found
