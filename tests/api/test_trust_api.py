"""The API of trust: levels by hand, previews, rules, requirements, gold health, disputes."""

from __future__ import annotations

import json

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast, make_cast

from crowd.models import RuleFiring, TrustChange

pytestmark = pytest.mark.django_db

SKIPS = {
    "when": {"all": [{"measure": "skips_in_row", "is": ">", "value": 1}]},
    "then": {"action": "pause", "for_hours": 2},
}


def test_a_manager_suspends_with_a_reason_and_the_worker_is_stopped(cast: Cast) -> None:
    manager = as_user(cast, cast.manager)
    address = url(cast, f"workers/{cast.worker.uid}/trust")
    response = manager.post(address, {"level": "suspended", "reason": "two accounts", "days": 3}, format="json")
    body = response.json()
    assert response.status_code == 201
    assert (body["from"], body["to"], body["is_warning"]) == ("new", "suspended", False)
    assert body["expires_at"] > body["created_at"]
    assert problem(as_worker(cast).post(url(cast, "claim"), {}, format="json")) == (403, "worker_suspended")
    again = manager.post(address, {"level": "suspended", "reason": "two accounts"}, format="json")
    assert problem(again) == (409, "conflict")
    assert manager.post(address, {"level": "new", "reason": "a mistake"}, format="json").status_code == 201
    assert as_worker(cast).post(url(cast, "claim"), {}, format="json").status_code == 200
    report = manager.get(url(cast, "trust")).json()["results"][0]
    assert [change["rule"] for change in report["changes"]] == ["by-hand", "by-hand"]
    assert (report["peers"], report["adjudicated"]) == (None, {"right": 0, "wrong": 0})


def test_the_ladder_is_previewed_with_other_figures() -> None:
    cast = make_cast(tasks=6)
    cast.gold(6, "positive")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.worker, "negative")
    owner = as_user(cast, cast.owner)
    as_is = owner.post(url(cast, "trust/preview"), {"days": 7}, format="json").json()
    assert [hit["outcome"] for hit in as_is["hits"]] == ["warned"]
    harsh = {"good": 0.95, "alpha": 0.2, "restrict_alpha": 0.4, "warn_certainty": 0.5, "certainty": 0.6}
    hit = owner.post(url(cast, "trust/preview"), harsh, format="json").json()
    assert (hit["workers"], hit["workers_hit"]) == (1, 1)
    assert hit["hits"][-1]["outcome"] == "suspended"
    assert hit["hits"][-1]["worker"]["id"] == str(cast.worker.uid)
    assert TrustChange.objects.count() == 1
    assert problem(owner.post(url(cast, "trust/preview"), {"alpha": 0.9}, format="json")) == (422, "invalid_input")


def test_a_rule_is_previewed_kept_listed_then_retired() -> None:
    cast = make_cast(tasks=6)
    owner, worker = as_user(cast, cast.owner), as_worker(cast)
    for _ in range(2):
        held = worker.post(url(cast, "claim"), {}, format="json").json()["assignment"]["id"]
        worker.post(f"/api/v1/assignments/{held}/skip", {"reason": "dull"}, format="json")
    preview = owner.post(url(cast, "rules/preview"), {"body": SKIPS, "days": 1}, format="json").json()
    assert [hit["outcome"] for hit in preview["hits"]] == ["pause"]
    kept = owner.post(url(cast, "rules"), {"name": "skips", "body": SKIPS}, format="json")
    assert (kept.status_code, kept.json()["version"]) == (201, 1)
    assert RuleFiring.objects.count() == 0, "a rule fires on what happens next"
    held = worker.post(url(cast, "claim"), {}, format="json").json()["assignment"]["id"]
    worker.post(f"/api/v1/assignments/{held}/skip", {"reason": "dull"}, format="json")
    refused = worker.post(url(cast, "claim"), {}, format="json")
    assert problem(refused) == (403, "not_eligible")
    assert refused.json()["errors"][0]["pointer"] == "/paused"
    assert owner.post(url(cast, "rules/retire"), {"name": "skips"}, format="json").json()["is_active"] is False
    assert [rule["is_active"] for rule in owner.get(url(cast, "rules")).json()["results"]] == [False]


def test_a_bad_rule_is_refused_with_pointers(cast: Cast) -> None:
    body = {"when": {"all": [{"measure": "luck", "is": ">", "value": 1, "last": 3}]}, "then": {"action": "note"}}
    response = as_user(cast, cast.owner).post(url(cast, "rules"), {"name": "x", "body": body}, format="json")
    assert problem(response) == (422, "invalid_input")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/body/when/all/0/measure"]


def test_requirements_are_replaced_whole(cast: Cast) -> None:
    owner = as_user(cast, cast.owner)
    asked = {"languages": ["de-AT"], "trust_levels": ["trusted"], "daily_answers": 9}
    kept = owner.post(url(cast, "requirements"), asked, format="json")
    expected = {
        "course": None,
        "languages": ["de"],
        "trust_levels": ["trusted"],
        "max_answers": None,
        "daily_answers": 9,
        "is_open": False,
    }
    assert (kept.status_code, kept.json()) == (200, expected)
    assert owner.get(url(cast, "requirements")).json() == expected
    owner.post(url(cast, "requirements"), {}, format="json")
    assert owner.get(url(cast, "requirements")).json()["languages"] == []


def test_gold_health_is_plain_json(cast: Cast) -> None:
    cast.gold(2)
    health = as_user(cast, cast.owner).get(url(cast, "golds/health")).json()
    assert health["stock"] == {"negative": 0, "neutral": 0, "positive": 2}
    assert health["leak"]["p_value"] is None


def test_a_dispute_is_shown_blind_then_decided() -> None:
    cast = make_cast(tasks=1)
    for worker, value in zip(cast.workers, ("positive", "negative", "neutral"), strict=False):
        cast.answer(worker, value)
    manager = as_user(cast, cast.manager)
    (dispute,) = manager.get(url(cast, "disputes")).json()["results"]
    assert dispute["labels_given"] == ["negative", "neutral", "positive"]
    shown = json.dumps(dispute)
    assert [worker.name for worker in cast.workers if f'"{worker.name}"' in shown] == []
    assert [str(worker.uid) for worker in cast.workers if str(worker.uid) in shown] == []
    decided = manager.post(
        url(cast, f"disputes/{dispute['id']}/decide"), {"value": "neutral", "reason": "no feeling"}, format="json"
    )
    assert (decided.status_code, decided.json()["label"]) == (201, "neutral")
    assert manager.get(url(cast, "disputes")).json()["results"] == []
