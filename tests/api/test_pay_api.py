"""The API of pay: managers decide, workers see and contest, finance pays out, statements check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast, make_cast
from django.core.management import call_command

from crowd.enums import KeyScope
from crowd.policies.statements import find_problems, read_statement

pytestmark = pytest.mark.django_db

GROUNDS = {"reason": "random", "evidence": {"agreed": "1 of 9"}}


@pytest.fixture
def cast() -> Cast:
    return make_cast(tasks=4, budget_micros=1_000_000)


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def post(client: Any, address: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    response = client.post(address, body or {}, format="json")
    assert response.status_code == status, response.content
    found: dict[str, Any] = response.json()
    return found


def test_an_answer_is_rejected_contested_and_paid_after_all(cast: Cast) -> None:
    answer = cast.answer(cast.worker).answer
    manager, owner, worker = as_user(cast, cast.manager), as_user(cast, cast.owner), as_worker(cast)
    (review,) = manager.get(url(cast, "pay/reviews?state=pending")).json()["results"]
    assert (review["answer"], review["amount"], review["is_by_silence"]) == (str(answer.uid), money("0.020000"), False)
    refused = manager.post(url(cast, f"answers/{answer.uid}/reject"), {"reason": "random"}, format="json")
    assert problem(refused) == (422, "invalid_input")
    assert post(manager, url(cast, f"answers/{answer.uid}/reject"), GROUNDS)["state"] == "rejected"
    (own,) = worker.get("/api/v1/me/rejections").json()["results"]
    assert (own["reason"], own["evidence"], own["state"], own["appeal"]) == (*GROUNDS.values(), "rejected", None)
    address = f"/api/v1/me/rejections/{answer.uid}/appeal"
    assert problem(as_worker(cast, 1).post(address, {"reason": "x"}, format="json")) == (404, "not_found")
    appeal = post(worker, address, {"reason": "I read it twice"}, 201)
    assert post(worker, address, {"reason": "I read it twice"}, 201) == appeal
    assert problem(worker.post(address, {"reason": "something else"}, format="json")) == (409, "appeal_exists")
    assert manager.get(url(cast, "appeals")).json()["results"] == [], "not for whoever rejected it"
    (case,) = owner.get(url(cast, "appeals")).json()["results"]
    assert (case["reason"], case["rejection_reason"], case["value"]) == ("I read it twice", "random", "positive")
    assert cast.worker.name not in str(case)
    decide = url(cast, f"appeals/{appeal['id']}/decide")
    judgement = {"is_granted": True, "reason": "it is right"}
    assert problem(manager.post(decide, judgement, format="json")) == (409, "conflict")
    assert post(owner, decide, judgement)["state"] == "granted"
    (pay,) = worker.get("/api/v1/me/earnings").json()["results"]
    assert (pay["in_review"], pay["owed"], pay["paid"]) == (money("0.000000"), money("0.020000"), money("0.000000"))


def test_pay_is_decided_in_bulk_all_or_none(cast: Cast) -> None:
    first, second = (str(cast.answer(worker).answer.uid) for worker in cast.workers[:2])
    manager = as_user(cast, cast.manager)
    assert problem(manager.post(url(cast, "pay/approve"), {}, format="json")) == (422, "invalid_input")
    bad = [{"answer": first, **GROUNDS}, {"answer": str(cast.project.uid), **GROUNDS}]
    refused = manager.post(url(cast, "pay/reject"), {"rejections": bad}, format="json")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/rejections/1"]
    assert post(manager, url(cast, "pay/reject"), {"rejections": bad[:1]}) == {"changed": 1}
    assert post(manager, url(cast, "pay/approve"), {"answers": [first, second]}) == {"changed": 1}
    states = [row["state"] for row in manager.get(url(cast, "pay/reviews")).json()["results"]]
    assert states == ["rejected", "approved"]
    back = post(manager, url(cast, f"answers/{first}/reinstate"), {"reason": "a mistake"})
    assert back["state"] == "approved"


def test_terms_and_prices_are_set_and_previewed(cast: Cast) -> None:
    owner = as_user(cast, cast.owner)
    assert owner.get(url(cast, "pay/terms")).json()["review_days"] == 14
    assert post(owner, url(cast, "pay/terms"), {"review_days": 3, "surplus": "full"})["review_days"] == 3
    rule = {"base": money("0.03"), "factors": [{"by": "trust_level", "percent": {"trusted": 150}}]}
    preview = post(owner, url(cast, "price-rules/preview"), rule)
    assert [one["mean"]["amount"] for one in preview["ranges"]] == ["0.030000", "0.045000", "0.030000"]
    assert post(owner, url(cast, "price-rules"), rule, 201)["version"] == 1
    assert [one["version"] for one in owner.get(url(cast, "price-rules")).json()["results"]] == [1]
    broken = owner.post(url(cast, "price-rules"), rule | {"factors": [{"by": "mood"}]}, format="json")
    assert [error["pointer"] for error in broken.json()["errors"]] == ["/factors/0/by"]
    other = owner.post(url(cast, "price-rules"), rule | {"base": {"amount": "1", "currency": "EUR"}}, format="json")
    assert [error["pointer"] for error in other.json()["errors"]] == ["/base/currency"]
    claimed = post(as_worker(cast), url(cast, "claim"))["assignment"]
    assert claimed["price"] == money("0.030000")


def test_bonuses_are_paid_one_by_one_or_from_a_file(cast: Cast) -> None:
    manager, uid = as_user(cast, cast.manager), cast.worker.uid
    body = {"key": "b1", "worker": str(uid), "amount": money("0.10"), "reason": "notes"}
    first = post(manager, url(cast, "bonuses"), body, 201)
    assert post(manager, url(cast, "bonuses"), body, 201) == first
    text = f"key,worker,amount,reason\nb1,{uid},0.10,notes\nb2,{uid},0.20,more\n"
    tried = post(manager, url(cast, "bonuses/csv"), {"csv": text, "is_dry_run": True})
    assert tried == {
        "is_dry_run": True,
        "paid": 1,
        "amount": money("0.200000"),
        "paid_before": 1,
        "is_covered": True,
    }
    assert post(manager, url(cast, "bonuses/csv"), {"csv": text})["paid"] == 1
    bad = manager.post(url(cast, "bonuses/csv"), {"csv": text + f"b3,{uid},x,\n"}, format="json")
    assert [error["pointer"] for error in bad.json()["errors"]] == ["/csv/4/amount", "/csv/4/reason"]
    too_much = body | {"key": "b9", "amount": money("5")}
    assert problem(manager.post(url(cast, "bonuses"), too_much, format="json")) == (409, "budget_exhausted")
    assert problem(manager.post(url(cast, "budget"), {"amount": money("9")}, format="json")) == (404, "not_found")
    raised = post(as_user(cast, cast.owner), url(cast, "budget"), {"amount": money("9")})
    assert raised == {"budget": money("10.000000")}
    post(manager, url(cast, "bonuses"), too_much, 201)


def test_a_batch_goes_from_draft_to_done_and_shows_no_account(cast: Cast) -> None:
    worker = as_worker(cast)
    details = {"method": "paypal", "recipient": "secret.name@example.org"}
    assert post(worker, "/api/v1/me/payee", details) == {
        "method": "paypal",
        "recipient": "s…@example.org",
        "name": "",
    }
    bad = worker.post("/api/v1/me/payee", {"method": "sepa", "recipient": "DE00", "name": "A"}, format="json")
    assert [error["pointer"] for error in bad.json()["errors"]] == ["/recipient"]
    for n in (0, 1):
        cast.answer(cast.workers[n])
    finance, owner = as_user(cast, cast.finance), as_user(cast, cast.owner)
    post(owner, url(cast, "pay/approve"), {"until": "2100-01-01T00:00:00Z"})
    made = post(finance, url(cast, "batches"), {"format": "paypal_csv", "options": {"note": "June"}}, 201)
    assert [(left["worker"]["id"], left["owed"]) for left in made["left_out"]] == [
        (str(cast.workers[1].uid), money("0.020000"))
    ]
    assert [(line["recipient"], line["amount"]) for line in made["lines"]] == [("s…@example.org", money("0.020000"))]
    batch = url(cast, f"batches/{made['id']}")
    assert problem(finance.post(f"{batch}/approve", {}, format="json")) == (409, "conflict")
    assert problem(finance.get(f"{batch}/file")) == (404, "not_found")
    assert post(owner, f"{batch}/approve")["state"] == "approved"
    file = post(finance, f"{batch}/export")
    content = finance.get(f"{batch}/file")
    assert content.content.startswith(b"secret.name@example.org,0.02,USD,")
    assert (content["Content-Type"], file["size"]) == ("text/csv", len(content.content))
    assert post(finance, f"{batch}/export") == file
    assert post(finance, f"{batch}/send")["state"] == "sent"
    assert post(finance, f"{batch}/payments", {"outcome": "settled"})["state"] == "done"
    (own,) = worker.get("/api/v1/me/earnings").json()["results"]
    assert own["paid"] == money("0.020000")
    shown = [finance.get(where).content for where in (url(cast, "batches"), batch, url(cast, "payouts"))] + [
        owner.get(url(cast, "pay/reviews")).content,
        worker.get("/api/v1/me/payee").content,
    ]
    assert [text for text in shown if b"secret.name" in text] == []
    again = post(finance, f"{batch}/payments", {"outcome": "returned", "lines": [1], "reason": "closed"})
    assert again["state"] == "done"
    assert worker.get("/api/v1/me/earnings").json()["results"][0]["owed"] == money("0.020000")


def test_a_managers_key_without_the_scope_pays_nothing_out(cast: Cast) -> None:
    client = as_user(cast, cast.owner, KeyScope.PROJECT_WRITE)
    assert problem(client.post(url(cast, "batches"), {"format": "csv"}, format="json")) == (403, "permission_denied")
    manager = as_user(cast, cast.manager)
    assert problem(manager.post(url(cast, "batches"), {"format": "csv"}, format="json")) == (404, "not_found")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_statement_is_fetched_and_checked_offline(cast: Cast, form: str, tmp_path: Path) -> None:
    cast.answer(cast.worker)
    other = make_cast()
    period = f"from=2020-01-01T00:00:00Z&form={form}"
    response = as_worker(cast).get(f"/api/v1/me/statement?{period}")
    text = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    records = read_statement(text.decode())
    assert (find_problems(records), [r["record"] for r in records]) == (
        [],
        ["statement", "opening", "entry", "closing", "end"],
    )
    path = tmp_path / f"statement.{form}"
    path.write_bytes(text)
    call_command("verify_statement", str(path))
    assert problem(as_worker(cast).get("/api/v1/me/statement")) == (422, "invalid_input")
    finance = as_user(cast, cast.finance)
    theirs = finance.get(url(cast, f"workers/{cast.worker.uid}/statement?{period}"))
    assert len(read_statement(b"".join(theirs.streaming_content).decode())) == 5  # type: ignore[attr-defined]
    assert problem(finance.get(url(cast, f"workers/{other.worker.uid}/statement?{period}"))) == (404, "not_found")
