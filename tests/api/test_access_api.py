"""Who may do what: the role × endpoint table, keys and scopes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from callers import as_user, problem, url
from cast import Cast
from django.utils import timezone
from rest_framework.test import APIClient

from crowd.enums import KeyScope, Role
from crowd.models import ApiKey, Membership

pytestmark = pytest.mark.django_db

READABLE = ["", "consensus", "answers", "agreement", "trust", "golds/health", "rules", "disputes", "payouts"]


def test_a_worker_with_a_key_of_every_scope_still_sees_no_report(cast: Cast) -> None:
    client = as_user(cast, cast.worker.user)
    assert {client.get(url(cast, tail)).status_code for tail in READABLE} == {404}


def test_an_adjudicator_reaches_disputes_only(cast: Cast) -> None:
    Membership.objects.create(project=cast.project, user=cast.stranger, role=Role.ADJUDICATOR)
    client = as_user(cast, cast.stranger)
    found = {tail: client.get(url(cast, tail)).status_code for tail in READABLE}
    assert found == {tail: 200 if tail == "disputes" else 404 for tail in READABLE}
    decide = url(cast, f"disputes/{cast.task().uid}/decide")
    assert client.post(decide, {"value": "neutral"}, format="json").status_code == 409


def test_a_list_of_projects_shows_only_ones_own(cast: Cast) -> None:
    own = as_user(cast, cast.owner).get("/api/v1/projects").json()["results"]
    assert [project["id"] for project in own] == [str(cast.project.uid)]
    assert as_user(cast, cast.stranger).get("/api/v1/projects").json()["results"] == []


def test_a_key_reaches_as_far_as_its_scope(cast: Cast) -> None:
    reader = as_user(cast, cast.owner, KeyScope.PROJECT_READ)
    assert reader.get(url(cast)).status_code == 200
    assert problem(reader.post(url(cast, "pause"), {}, format="json")) == (403, "permission_denied")
    assert problem(reader.get(url(cast, "payouts"))) == (403, "permission_denied")
    assert as_user(cast, cast.owner, KeyScope.PROJECT_WRITE).get(url(cast)).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Bearer a b", "Token nonsense", "Bearer ÿ", "Basic dXNlcjpwYXNz"]
)
def test_a_wrong_key_is_refused(cast: Cast, api: APIClient, header: str) -> None:
    response = api.get(url(cast), headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_an_expired_or_revoked_key_is_refused(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    key = ApiKey.objects.filter(user=cast.owner)
    assert client.get(url(cast)).status_code == 200
    key.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert problem(client.get(url(cast))) == (401, "authentication_failed")
    key.update(expires_at=None, revoked_at=timezone.now())
    assert problem(client.get(url(cast))) == (401, "authentication_failed")


def test_the_key_itself_is_not_stored(cast: Cast) -> None:
    key = cast.key_of(cast.owner)
    row = ApiKey.objects.get(user=cast.owner)
    assert key not in (row.digest, row.prefix, row.name)
    assert len(row.prefix) == 12


def test_a_session_needs_a_csrf_token(cast: Cast) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert client.get(url(cast)).status_code == 200
    assert client.post(url(cast, "pause"), {}, format="json").status_code == 403
