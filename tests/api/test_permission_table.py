"""The table of permissions holds for every address: each role, each scope, strangers and nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from callers import as_user, as_worker
from cast import Cast
from filled import BODIES, PARAMETERS, address
from rest_framework.test import APIClient

from api.permission_table import PUBLIC, TABLE, reaches
from api.urls import urlpatterns
from crowd.enums import KeyScope, Role
from crowd.models import (
    Membership,
    User,
)

pytestmark = pytest.mark.django_db

ROWS = [(name, method) for name, methods in TABLE.items() for method in methods]
# Without a role these reach the caller's own things only: there a stranger is refused in other words than 404.
OWN_THINGS = {
    ("api-claim", "POST"): 403,
}


def status(client: APIClient, method: str, where: str, body: dict[str, Any] | None = None) -> int:
    return int(client.generic(method, where, json.dumps(body or {}), content_type="application/json").status_code)


def member(cast: Cast, role: Role) -> User:
    user = User.objects.create_user(f"only-{role}@example.org", "correct horse", name=role)
    Membership.objects.create(project=cast.project, user=user, role=role)
    return user


def test_the_table_has_every_address_with_its_methods() -> None:
    found = {}
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        methods = {"GET"} if view is None else set(view().allowed_methods) - {"HEAD", "OPTIONS"}
        found[pattern.name] = methods
    in_table = {name: set(methods) for name, methods in TABLE.items()}
    assert in_table == found, "api/permission_table.py needs one row per address, with each of its methods"


@pytest.mark.parametrize(("name", "method"), ROWS)
def test_a_row_holds(cast: Cast, api: APIClient, name: str, method: str) -> None:
    access, where = TABLE[name][method], address(cast, name)
    if access == PUBLIC:
        assert status(api, method, where) == 200
        return
    assert status(api, method, where) == 401
    for scope in KeyScope:
        if not reaches({scope}, access.scope):
            assert status(as_user(cast, cast.owner, scope), method, where) == 403, f"a key with {scope} only"
    if access.roles:
        assert status(as_user(cast, cast.stranger), method, where) == 404
        assert status(as_user(cast, cast.worker.user), method, where) == 404
        _roles_hold(cast, name, method, where)
    else:
        own = as_worker(cast) if access.scope == KeyScope.WORKER else as_user(cast, cast.owner)
        if PARAMETERS[name]:
            expected = OWN_THINGS.get((name, method), 404)
            assert status(as_user(cast, cast.stranger), method, where, BODIES.get(name)) == expected
        assert status(own, method, where, BODIES.get(name)) not in (401, 403, 404, 405)


def _roles_hold(cast: Cast, name: str, method: str, where: str) -> None:
    access = TABLE[name][method]
    # Those who may come last: their calls may change what the others would find.
    for role in sorted(Role, key=lambda role: role in access.roles):
        found = status(as_user(cast, member(cast, role)), method, where)
        if role in access.roles:
            assert found not in (401, 403, 404, 405), role
            where = address(cast, name) if method == "DELETE" else where
        else:
            assert found == 404, role
