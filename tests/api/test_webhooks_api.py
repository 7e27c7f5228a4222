"""Webhooks over the API: who may, what is shown, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crowd.enums import DeliveryState, KeyScope, WebhookKind
from crowd.models import IdempotencyRecord, Webhook, WebhookDelivery
from crowd.services.webhooks import announce

pytestmark = pytest.mark.django_db

HOOK = {"url": "https://example.org/hook", "kinds": ["task.completed"]}


def make(cast: Cast, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = as_user(cast, cast.owner).post(url(cast, "webhooks"), HOOK | fields, format="json").json()
    return made


def test_the_secret_is_shown_when_it_is_made_and_never_again(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    headers = {"Idempotency-Key": "k"}
    made = client.post(url(cast, "webhooks"), HOOK, format="json", headers=headers)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret == Webhook.objects.get().secret
    assert secret.startswith("whsec_")
    again = client.post(url(cast, "webhooks"), HOOK, format="json", headers=headers)
    assert again.json() == made.json() | {"secret": None}
    address = f"/api/v1/webhooks/{made.json()['id']}"
    for shown in (client.get(url(cast, "webhooks")), client.get(address)):
        assert secret not in shown.content.decode()
    assert secret not in str(IdempotencyRecord.objects.get().body)


def test_a_webhook_is_changed_switched_off_and_removed(cast: Cast) -> None:
    client, made = as_user(cast, cast.manager), make(cast)
    address = f"/api/v1/webhooks/{made['id']}"
    changed = client.patch(address, {"kinds": [], "description": "ours"}, format="json").json()
    assert (changed["url"], changed["kinds"], changed["description"]) == (HOOK["url"], [], "ours")
    assert client.patch(address, {"is_active": False}, format="json").json()["is_active"] is False
    assert problem(client.post(f"{address}/ping", {}, format="json")) == (409, "conflict")
    assert client.delete(address).status_code == 204
    assert problem(client.get(address)) == (404, "not_found")
    assert client.get(url(cast, "webhooks")).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://example.org/"}, "/url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "/url"),
        ({}, "/url"),
        ({**HOOK, "kinds": ["task.exploded"]}, "/kinds/0"),
        ({**HOOK, "kinds": ["ping"]}, "/kinds/0"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(cast: Cast, body: dict[str, Any], pointer: str) -> None:
    response = as_user(cast, cast.owner).post(url(cast, "webhooks"), body, format="json")
    assert problem(response) == (422, "invalid_input")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert Webhook.objects.count() == 0


def test_a_project_has_so_many_webhooks_and_no_more(cast: Cast) -> None:
    for _ in range(20):
        assert "secret" in make(cast)
    assert make(cast)["code"] == "conflict"


def test_a_ping_is_in_the_log_at_once_and_can_be_sent_again(cast: Cast) -> None:
    client, made = as_user(cast, cast.owner), make(cast)
    ping = client.post(f"/api/v1/webhooks/{made['id']}/ping", {}, format="json")
    assert (ping.status_code, ping.json()["state"], ping.json()["kind"]) == (202, "pending", "ping")
    log = client.get(f"/api/v1/webhooks/{made['id']}/deliveries").json()["results"]
    assert log == [ping.json() | {"attempts": []}]
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    again = client.post(f"/api/v1/deliveries/{ping.json()['id']}/redeliver", {}, format="json")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert again.json()["webhook_id"] == ping.json()["webhook_id"]


def test_all_dead_messages_since_a_time_are_sent_again(cast: Cast) -> None:
    client, made = as_user(cast, cast.owner), make(cast, kinds=[])
    begun = timezone.now().isoformat()
    for _ in range(3):
        announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={})
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    address = f"/api/v1/webhooks/{made['id']}"
    dead = client.get(f"{address}/deliveries?state=dead").json()["results"]
    assert len(dead) == 3
    assert client.post(f"{address}/redeliver", {"since": begun}, format="json").json() == {"lined_up": 3}
    assert client.get(f"{address}/deliveries?state=dead").json()["results"] == []


def test_a_rotated_secret_is_another_and_the_old_one_has_an_end(cast: Cast) -> None:
    client, made = as_user(cast, cast.owner), make(cast)
    address = f"/api/v1/webhooks/{made['id']}"
    rotated = client.post(f"{address}/rotate", {"overlap_hours": 1}, format="json").json()
    assert rotated["secret"] not in (None, made["secret"])
    assert rotated["previous_secret_until"] is not None
    at_once = client.post(f"{address}/rotate", {"overlap_hours": 0}, format="json").json()
    assert at_once["previous_secret_until"] is None
    assert Webhook.objects.get().previous_secret == ""


def test_nobody_but_the_projects_managers_reaches_a_webhook(cast: Cast) -> None:
    made = make(cast)
    ping = as_user(cast, cast.owner).post(f"/api/v1/webhooks/{made['id']}/ping", {}, format="json").json()
    address = f"/api/v1/webhooks/{made['id']}"
    calls = [
        ("get", address),
        ("patch", address),
        ("delete", address),
        ("get", f"{address}/deliveries"),
        *(("post", f"{address}/{verb}") for verb in ("ping", "rotate", "redeliver")),
        ("post", f"/api/v1/deliveries/{ping['id']}/redeliver"),
    ]
    for client, status in (
        (as_user(cast, cast.stranger), 404),
        (as_user(cast, cast.finance), 404),
        (as_user(cast, cast.worker.user), 404),
        (as_worker(cast), 403),
        (as_user(cast, cast.owner, KeyScope.WORKER), 403),
    ):
        found = {(verb, path): getattr(client, verb)(path, {}, format="json").status_code for verb, path in calls}
        assert found == dict.fromkeys(calls, status)
    reader = as_user(cast, cast.owner, KeyScope.PROJECT_READ)
    assert reader.get(f"{address}/deliveries").status_code == 200
    assert reader.patch(address, {}, format="json").status_code == 403
    assert Webhook.objects.get().is_active


def test_the_log_asks_as_many_queries_for_three_deliveries_as_for_one(cast: Cast) -> None:
    client, made = as_user(cast, cast.owner), make(cast, kinds=[])
    counts = []
    for more in (1, 2):
        for _ in range(more):
            announce(kind=WebhookKind.EXPORT_READY, project=cast.project, data={})
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/api/v1/webhooks/{made['id']}/deliveries")
        counts.append(len(asked))
    assert counts[0] == counts[1]
