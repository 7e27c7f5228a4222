"""Reports on trust: everything for managers, for workers only what is decided about them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast
from django.utils import timezone

from crowd.enums import EventKind, TrustLevel
from crowd.models import Event, FairnessTerms, Flag, Gold, Restitution, TrustChange
from crowd.queries.worker_reports import worker_report
from crowd.services.measuring import measure_project
from crowd.services.projects import pause_project
from crowd.services.refit import refit_project
from crowd.services.restitution import restitutions_due
from crowd.services.trust_terms import set_trust

pytestmark = pytest.mark.django_db


def work_golds(cast: Cast, n: int = 6) -> None:
    """The first worker misses golds until suspended; the second gets them right."""
    cast.gold(n, "positive")
    cast.configure(gold_rate=1.0)
    for worker, value in ((cast.worker, "negative"), (cast.workers[1], "positive")):
        for _ in range(5):
            cast.answer(worker, value)


def test_the_report_shows_evidence_decisions_and_what_follows(cast: Cast) -> None:
    work_golds(cast)
    client = as_user(cast, cast.owner)
    where = url(cast, f"workers/{cast.worker.uid}/report")
    assert client.get(where).json()["reading"] is None
    refit_project(project_id=cast.project.pk)
    measure_project(project_id=cast.project.pk)
    body = client.get(where).json()
    assert (body["level"], body["access"]["may_claim"]) == ("suspended", False)
    assert body["golds"]["wrong"] == 5
    assert body["reading"]["sources"]["gold"]["confusion"][2][0]["count"] == 5.0
    assert next((change["from"], change["to"]) for change in body["changes"]) == ("restricted", "suspended")
    assert body["pay"]["pending"] == {"answers": 5, "amount": "0.100000", "currency": "USD"}
    table = client.get(where + ".csv")
    assert table["Content-Type"].startswith("text/csv")
    lines = table.content.decode().splitlines()
    assert lines[0] == "section,name,value,low,high,n"
    assert any(line.startswith("confusion by gold,positive given negative,1.0,") for line in lines)


def test_the_own_report_says_what_is_decided_and_gives_no_gold_away(cast: Cast) -> None:
    work_golds(cast)
    measure_project(project_id=cast.project.pk)
    Flag.objects.create(
        project=cast.project, worker=cast.worker, kind="too_fast", window=timezone.now().date(),
        evidence={"answers": 5}, created_at=timezone.now(), updated_at=timezone.now(),
    )  # fmt: skip
    response = as_worker(cast).get(f"/api/v1/me/projects/{cast.project.uid}/report")
    body = response.json()
    assert set(body) == {*("level", "access", "pay", "answers", "skill", "decisions", "confirmed_flags", "made_good")}
    assert (body["level"], body["answers"], body["skill"]) == ("suspended", 5, None)
    assert [row["to"] for row in body["decisions"]] == ["suspended", "restricted"], "a rule's warning comes later"
    assert body["confirmed_flags"] == []
    secrets = [gold.task.key for gold in Gold.objects.select_related("task")]
    secrets += [str(gold.task.uid) for gold in Gold.objects.select_related("task")]
    assert [word for word in secrets if f'"{word}"' in response.content.decode()] == []
    assert "posterior" not in response.content.decode()
    other = as_worker(cast, 2).get(f"/api/v1/me/projects/{cast.project.uid}/report")
    assert other.json()["decisions"] == []


def test_a_corrected_gold_is_worked_off_and_lists_what_it_changed(cast: Cast) -> None:
    work_golds(cast)
    client = as_user(cast, cast.owner)
    gold = Gold.objects.select_related("task").filter(task__answers__worker=cast.worker).first()
    assert gold is not None
    where = url(cast, f"golds/{gold.task.uid}/correct")
    assert problem(client.post(where, {"labels": ["purple"], "reason": "x"}, format="json")) == (422, "invalid_input")
    sent = {"labels": ["negative"], "reason": "mislabelled"}
    first = client.post(where, sent, format="json", headers={"Idempotency-Key": "k1"})
    again = client.post(where, sent, format="json", headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.json(), first.json()["state"]) == (202, first.json(), "running")
    restitutions_due()
    where = url(cast, f"restitutions/{first.json()['id']}")
    body = client.get(where).json()
    assert (body["state"], body["before"], body["after"]) == ("done", ["positive"], ["negative"])
    assert body["lines"]["answer_rescored"] >= 1
    lines = client.get(where + "/lines").json()["results"]
    assert {line["worker"]["name"] for line in lines} >= {"w1"}
    assert cast.enrolment().trust_level != "suspended"
    made_good = as_worker(cast).get(f"/api/v1/me/projects/{cast.project.uid}/report").json()["made_good"]
    assert "sorry" in made_good[0]["apology"]
    assert gold.task.key not in json.dumps(made_good)
    assert client.get(url(cast, "restitutions")).json()["results"][0]["id"] == body["id"]


def test_a_decision_is_overturned_by_a_manager_with_a_reason(cast: Cast) -> None:
    set_trust(
        project=cast.project, worker_uid=cast.worker.uid, level=TrustLevel.SUSPENDED, reason="bad", actor=cast.owner
    )
    change = TrustChange.objects.get()
    client = as_user(cast, cast.manager)
    where = url(cast, f"trust/changes/{change.uid}/overturn")
    assert problem(client.post(where, {"reason": " "}, format="json")) == (422, "invalid_input")
    assert client.post(where, {"reason": "another worker was meant"}, format="json").status_code == 202
    restitutions_due()
    assert Restitution.objects.get().state == "done"
    assert cast.enrolment().trust_level == "new"


def test_flags_are_dismissed_with_a_note(cast: Cast) -> None:
    now = timezone.now()
    flag = Flag.objects.create(
        project=cast.project, worker=cast.worker, kind="clockwork", window=now.date(), evidence={}, created_at=now,
        updated_at=now,
    )  # fmt: skip
    client = as_user(cast, cast.owner)
    assert problem(client.post(url(cast, f"flags/{flag.uid}/dismiss"), {"note": ""}, format="json")) == (
        422,
        "invalid_input",
    )
    body = client.post(url(cast, f"flags/{flag.uid}/dismiss"), {"note": "a pianist"}, format="json").json()
    assert (body["state"], body["note"]) == ("dismissed", "a pianist")
    again = client.post(url(cast, f"flags/{flag.uid}/confirm"), {"note": "no"}, format="json")
    assert problem(again) == (409, "conflict")
    assert [row["state"] for row in client.get(url(cast, "flags")).json()["results"]] == ["dismissed"]
    assert cast.enrolment().trust_level == "new"


def test_a_project_under_its_floor_is_not_launched_in_silence(cast: Cast) -> None:
    pause_project(project=cast.project, actor=cast.owner)
    client = as_user(cast, cast.owner)
    terms = {"floor": {"amount": "8.00", "currency": "USD"}, "expected_seconds": 30}
    body = client.post(url(cast, "fairness"), terms, format="json").json()
    # .02 for 30 seconds, a tenth of the time unpaid.
    assert body["forecast"]["micros"] == round(20_000 / 33 * 3600)
    assert body["forecast"]["low"] < body["forecast"]["micros"] < body["forecast"]["high"]
    assert body["forecast"]["under_probability"] > 0.99
    refused = client.post(url(cast, "launch"), {}, format="json")
    assert problem(refused) == (409, "pay_under_floor")
    assert "2.18 USD, under the floor of 8.00" in refused.json()["detail"]
    cast.project.refresh_from_db()
    assert cast.project.state == "paused"
    assert client.post(url(cast, "launch"), {"acknowledgement": "a class exercise"}, format="json").status_code == 200
    event = Event.objects.get(kind=EventKind.PAY_FLOOR_ACKNOWLEDGED)
    assert (event.actor, event.detail["acknowledgement"]) == (cast.owner, "a class exercise")
    assert event.detail["forecast"]["floor_micros"] == 8_000_000
    wrong = client.post(url(cast, "fairness"), {"floor": {"amount": "8", "currency": "EUR"}}, format="json")
    assert problem(wrong) == (422, "invalid_input")


def test_a_fair_project_is_launched_without_a_word(cast: Cast) -> None:
    pause_project(project=cast.project, actor=cast.owner)
    FairnessTerms.objects.create(
        project=cast.project, floor_micros=8_000_000, expected_seconds=4, updated_at=timezone.now()
    )
    assert as_user(cast, cast.owner).post(url(cast, "launch"), {}, format="json").status_code == 200
    assert not Event.objects.filter(kind=EventKind.PAY_FLOOR_ACKNOWLEDGED).exists()


def test_readings_go_out_with_workers_by_name_and_their_age(cast: Cast) -> None:
    client = as_user(cast, cast.owner)
    assert client.get(url(cast, "trust/drift")).json() == {"measured_at": None, "figures": None}
    work_golds(cast)
    before = timezone.now() - timedelta(seconds=1)
    measure_project(project_id=cast.project.pk)
    body = client.get(url(cast, "trust/contributors")).json()
    assert body["measured_at"] > before.isoformat()
    assert {row["worker"]["name"] for row in body["figures"]["workers"]} == {"w1", "w2"}
    drift = client.get(url(cast, "trust/drift")).json()["figures"]["workers"]
    assert [(row["n"], row["is_drifting"]) for row in drift] == [(5, False)] * 2
    table = client.get(url(cast, "trust/calibration")).json()["figures"]["table"]
    assert (table[-1]["predictions"], table[-1]["is_enough"]) == (0, False)


@pytest.mark.parametrize("who", [0, 1, 2])
def test_a_report_takes_as_many_queries_whatever_was_done(
    cast: Cast, who: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    work_golds(cast, 6)
    measure_project(project_id=cast.project.pk)
    with django_assert_num_queries(7):  # type: ignore[operator]
        worker_report(cast.project, cast.workers[who].uid)
