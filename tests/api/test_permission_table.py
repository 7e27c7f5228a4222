"""The table of permissions holds for every address: each role, each scope, strangers and nobody."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from callers import as_user, as_worker
from cast import Cast
from django.urls import reverse
from django.utils import timezone
from imported import queued
from pay_rows import PAY_BODIES, PAY_FILL
from rest_framework.test import APIClient

from api.permission_table import PUBLIC, TABLE, reaches
from api.urls import urlpatterns
from crowd.enums import CoursePart, KeyScope, Role, TrustLevel, WorkerKind
from crowd.models import (
    ApiKey,
    Course,
    Example,
    Export,
    Flag,
    Membership,
    Rater,
    Restitution,
    Step,
    TrustChange,
    User,
    Webhook,
)
from crowd.queries.exports import plan_for
from crowd.services.courses import CoursePlan, NewItem, create_course
from crowd.services.exports import create_export
from crowd.services.prompts import NewExample, add_examples
from crowd.services.raters import NewRater, create_rater
from crowd.services.restitution import overturn_change
from crowd.services.training import start_attempt
from crowd.services.trust_terms import set_trust
from crowd.services.webhook_settings import WebhookPlan, add_webhook, ping_webhook

pytestmark = pytest.mark.django_db

ROWS = [(name, method) for name, methods in TABLE.items() for method in methods]
PARAMETERS = {str(pattern.name): sorted(pattern.pattern.converters) for pattern in urlpatterns}
# Without a role these reach the caller's own things only: there a stranger is refused in other words than 404.
OWN_THINGS = {
    ("api-claim", "POST"): 403,
}
# Bodies of calls that reach one's own things; elsewhere an empty one shows enough.
BODIES: dict[str, dict[str, Any]] = {
    **PAY_BODIES,
    "api-course-start": {"part": "exam"},
    "api-step-answer": {"value": "positive"},
    "api-submit": {"value": "positive"},
}
# What exists in the cast for a parameter of an address.
FILL: dict[str, Callable[[Cast], Any]] = {
    **PAY_FILL,
    "project": lambda cast: cast.project.uid,
    "task": lambda cast: cast.task().uid,
    "worker": lambda cast: cast.workers[1].uid,
    "assignment": lambda cast: cast.claim().assignment.uid,
    "course": lambda cast: course(cast).uid,
    "step": lambda cast: first_step(cast).uid,
    "view": lambda cast: "worker",
    "rater": lambda cast: rater(cast).uid,
    "example": lambda cast: example(cast).uid,
    "member": lambda cast: cast.finance.uid,
    "answer": lambda cast: cast.answer(cast.workers[2]).answer.uid,
    "key": lambda cast: ApiKey.objects.create(user=cast.owner, name="old", digest=secrets.token_hex(32)).uid,
    "kind": lambda cast: "answers",
    "upload": lambda cast: queued(cast, "text\nx\n").uid,
    "export": lambda cast: ordered_export(cast).uid,
    "change": lambda cast: suspension(cast).uid,
    "flag": lambda cast: flag(cast).uid,
    "restitution": lambda cast: restitution(cast).uid,
    "webhook": lambda cast: webhook(cast).uid,
    "delivery": lambda cast: ping_webhook(webhook=webhook(cast)).uid,
}


def course(cast: Cast) -> Course:
    items = tuple(NewItem(key=f"i{n}", payload={"text": "x"}, labels=("positive",)) for n in range(30))
    return create_course(project=cast.project, plan=CoursePlan(name="Basics", exam=items), actor=cast.owner)


def suspension(cast: Cast) -> TrustChange:
    level = TrustLevel.SUSPENDED
    return set_trust(
        project=cast.project, worker_uid=cast.workers[1].uid, level=level, reason="careless", actor=cast.owner
    )


def flag(cast: Cast) -> Flag:
    now = timezone.now()
    return Flag.objects.create(
        project=cast.project,
        worker=cast.workers[1],
        kind="too_fast",
        window=now.date(),
        evidence={},
        created_at=now,
        updated_at=now,
    )


def restitution(cast: Cast) -> Restitution:
    return overturn_change(project=cast.project, change_uid=suspension(cast).uid, reason="wrong", actor=cast.owner)


def webhook(cast: Cast) -> Webhook:
    return add_webhook(project=cast.project, plan=WebhookPlan(url="https://example.com/hook"), actor=cast.owner)


def rater(cast: Cast) -> Rater:
    spec = {"type": "keyword", "labels": {"positive": ["text"]}}
    new = NewRater(name="words", kind=WorkerKind.FUNCTION, spec=spec)
    return create_rater(project=cast.project, new=new, actor=cast.owner)


def example(cast: Cast) -> Example:
    rows = [NewExample(payload={"text": "nice"}, label="positive")]
    return add_examples(project=cast.project, pool="shots", examples=rows, actor=cast.owner).examples.get()


def ordered_export(cast: Cast) -> Export:
    plan = plan_for(cast.project, kind="answers", file_format="csv", filters={})
    return create_export(project=cast.project, plan=plan, actor=cast.owner)


def first_step(cast: Cast) -> Step:
    progress = start_attempt(course_uid=course(cast).uid, worker=cast.worker, part=CoursePart.EXAM)
    assert progress.step is not None
    return progress.step


# A gold is a task of its own kind.
FILL_OF = {"api-gold-retire": {"task": lambda cast: cast.gold(1)[-1].task.uid}}


def address(cast: Cast, name: str) -> str:
    missing = [parameter for parameter in PARAMETERS[name] if parameter not in FILL]
    assert missing == [], f"say in FILL what the tests put for {missing}"
    fill = FILL | FILL_OF.get(name, {})
    return reverse(name, kwargs={parameter: fill[parameter](cast) for parameter in PARAMETERS[name]})


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
