"""Adaptive overlap over the API: its settings, what it saves, its silence under too few audited tasks."""

from __future__ import annotations

from typing import Any

import pytest
from callers import as_user, as_worker, url
from cast import Cast, make_cast

from crowd.models import Project

pytestmark = pytest.mark.django_db

PLAN: dict[str, Any] = {
    "name": "Tone",
    "labels": [{"value": "good"}, {"value": "bad"}],
    "price": {"amount": "0.02", "currency": "EUR"},
    "label_worth": {"amount": "0.5", "currency": "EUR"},
    "audit_share": 0.1,
}


def test_the_settings_come_back_as_they_were_sent(cast: Cast) -> None:
    body = as_user(cast, cast.owner).post("/api/v1/projects", PLAN, format="json").json()
    assert (body["label_worth"], body["audit_share"]) == ({"amount": "0.500000", "currency": "EUR"}, 0.1)
    assert Project.objects.get(uid=body["id"]).label_worth_micros == 500_000


def test_a_worth_without_a_price_is_refused(cast: Cast) -> None:
    plan = {key: value for key, value in PLAN.items() if key != "price"}
    response = as_user(cast, cast.owner).post("/api/v1/projects", plan, format="json")
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/label_worth"


def test_too_few_audited_tasks_give_nulls_with_a_reason() -> None:
    cast = make_cast(audit_share=1.0)
    body = as_user(cast, cast.owner).get(url(cast, "adaptive")).json()
    assert (body["audit_share"], body["audited_tasks"]) == (1.0, 2)
    measured = body["audited_and_finished"]
    assert (measured["saved"], measured["kept"], measured["reason"]) == (None, None, "too_few_audited_tasks")


def test_a_worker_cannot_tell_an_audited_task() -> None:
    shapes = []
    for share in (0.0, 1.0):
        cast = make_cast(audit_share=share)
        claim = as_worker(cast).post(url(cast, "claim"), {}, format="json").json()
        shapes.append((sorted(claim), sorted(claim["assignment"]), sorted(claim["assignment"]["payload"])))
    assert shapes[0] == shapes[1]
