"""Models over the API: what is known of them, promotions, samples, suggestions with their audit."""

from __future__ import annotations

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast, make_cast
from model_crowds import add_model, give, people_of, truth_of, votes_of

from crowd.enums import SuggestionPolicy, VoteState
from crowd.models import GateTerms, PrevalenceDraw, Suggestion, Task, Worker
from crowd.services.refit import refit_project
from crowd.services.suggestions import forget_policies

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_policies() -> None:
    forget_policies()


def reviewed(tasks: int = 60, *, people: float = 0.85, model_right: float = 0.95) -> tuple[Cast, Worker]:
    cast = make_cast(tasks=tasks, workers=6, min_overlap=3, max_overlap=5)
    truth = truth_of(cast)
    people_of(cast, truth, people, overlap=4)
    model = add_model(cast)
    give(cast, model, votes_of(truth, model_right))
    refit_project(project_id=cast.project.pk)
    return cast, model


def test_a_model_is_shown_with_its_tests_and_promoted_once() -> None:
    cast, model = reviewed()
    client = as_user(cast, cast.manager)
    body = client.get(url(cast, "models")).json()
    line = body["results"][0]
    assert (line["worker"]["id"], line["state"], line["proposed_state"], line["may_stand_in"]) == (
        str(model.uid), "shadow", "counted", True,
    )  # fmt: skip
    assert line["figures"]["agreement"]["n_tasks"] == 60
    assert line["figures"]["group"]["effective_votes"] == 1.0
    assert line["figures"]["votes"] == {"votes": 60, "abstentions": 0, "cost_micros": 0, "currency": "USD"}
    assert [test["test"] for test in line["tests"]] == ["alt_test"]
    assert body["effective_votes"] == 0.0
    promote = url(cast, f"models/{model.uid}/promote")
    assert client.post(promote, {"reason": "as tested"}, format="json").json()["to_state"] == "counted"
    assert problem(client.post(promote, {"reason": "again"}, format="json")) == (409, "conflict")
    assert client.get(url(cast, "models")).json()["effective_votes"] == 1.0
    down = client.post(url(cast, f"models/{model.uid}/demote"), {"reason": "too dear"}, format="json").json()
    assert (down["from_state"], down["to_state"], down["by"]) == ("counted", "shadow", "mara")


def test_models_cost_as_many_queries_for_three_as_for_one(django_assert_max_num_queries) -> None:
    cast, _ = reviewed(20)
    client = as_user(cast, cast.owner)
    for name in ("m2", "m3"):
        give(cast, add_model(cast, name), votes_of(truth_of(cast), 0.9))
    with django_assert_max_num_queries(12):
        assert len(client.get(url(cast, "models")).json()["results"]) == 3


def test_a_certificate_says_what_it_needs() -> None:
    cast, _ = reviewed(people=1.0, model_right=1.0)
    found = as_user(cast, cast.owner).get(url(cast, "models/certificates")).json()["results"][0]["found"]
    assert found["threshold"] is None
    assert found["reason"] == f"cannot certify yet: needs about {found['needed']} more calibration tasks"


def test_prevalence_needs_a_sample_drawn_by_lot_and_then_has_an_interval() -> None:
    cast, _ = reviewed()
    client = as_user(cast, cast.owner)
    address = url(cast, "models/prevalence")
    assert client.get(address).json()["results"][0]["found"]["reason"].startswith("cannot say yet: 0 tasks")
    drawn = client.post(address, {"tasks": 40}, format="json")
    assert (drawn.status_code, drawn.json()["inclusion_probability"]) == (201, 40 / 60)
    assert set(PrevalenceDraw.objects.values_list("inclusion_probability", flat=True)) == {40 / 60}
    assert problem(client.post(address, {"tasks": 10}, format="json")) == (409, "conflict")
    refit_project(project_id=cast.project.pk)
    found = client.get(address).json()["results"][0]["found"]
    shares = {label: row["value"] for label, row in found["labels"].items()}
    assert sum(shares.values()) == pytest.approx(1, abs=0.1)
    for row in found["labels"].values():
        assert row["low"] <= 1 / 3 <= row["high"]
        assert row["n_people"] == 40


def test_a_sample_is_not_estimated_before_people_have_finished_it() -> None:
    cast = make_cast(tasks=40, workers=3)
    give(cast, add_model(cast), votes_of(truth_of(cast), 0.9))
    client = as_user(cast, cast.owner)
    client.post(url(cast, "models/prevalence"), {"tasks": 35}, format="json")
    drawn = Task.objects.filter(prevalence_draw__isnull=False)
    assert set(drawn.values_list("priority", flat=True)) == {8}
    cast.answer(cast.worker)
    refit_project(project_id=cast.project.pk)
    found = client.get(url(cast, "models/prevalence")).json()["results"][0]["found"]
    assert found["reason"] == "cannot say yet: people have not finished 35 of 35 drawn tasks"


def suggesting(policy: SuggestionPolicy, *, holdout: float = 0.5) -> tuple[Cast, Worker]:
    cast = make_cast(tasks=60, workers=3, max_overlap=3)
    model = add_model(cast)
    give(cast, model, dict.fromkeys(truth_of(cast), 0))
    GateTerms.objects.create(project=cast.project, suggestions=policy, suggester=model, holdout_share=holdout)
    return cast, model


def work(cast: Cast, n: int, value: str = "negative") -> tuple[list[dict], list[dict]]:
    client, claims, submits = as_worker(cast, n), [], []
    for _ in range(30):
        claim = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
        claims.append(claim)
        submits.append(client.post(f"/api/v1/assignments/{claim['id']}/submit", {"value": value}, format="json").json())
    return claims, submits


def test_without_a_policy_no_reply_carries_a_suggestion() -> None:
    cast, _ = suggesting(SuggestionPolicy.OFF)
    claims, submits = work(cast, 0)
    assert not any("suggestion" in body for body in [*claims, *submits])
    assert not Suggestion.objects.exists()


def test_after_answering_the_reply_says_what_the_model_said() -> None:
    cast, _ = suggesting(SuggestionPolicy.AFTER)
    claims, submits = work(cast, 0, "positive")
    assert not any("suggestion" in claim for claim in claims)
    assert {body["suggestion"] for body in submits} == {"negative"}


def test_before_answering_a_random_share_sees_none_and_a_repeated_claim_sees_the_same() -> None:
    cast, _ = suggesting(SuggestionPolicy.BEFORE)
    client = as_worker(cast)
    first = client.post(url(cast, "claim"), {}, format="json").json()
    assert all(client.post(url(cast, "claim"), {}, format="json").json() == first for _ in range(5))
    work(cast, 1)
    held = Suggestion.objects.filter(worker=cast.workers[1])
    assert (held.count(), 0 < held.filter(is_held_out=True).count() < 30) == (30, True)


def test_nothing_is_suggested_before_the_model_has_seen_every_gold_and_task() -> None:
    # A suggestion on tasks alone, or on golds alone, would tell one from the other.
    cast, model = suggesting(SuggestionPolicy.BEFORE, holdout=0.01)
    [gold] = cast.gold(1, "positive")
    work(cast, 0)
    assert not Suggestion.objects.exists()
    give(cast, model, {gold.task_id: 0})
    late = Task.objects.create(project=cast.project, key="late", payload={"text": "late"})
    work(cast, 1)
    assert not Suggestion.objects.exists()
    give(cast, model, {late.pk: 0})
    work(cast, 2)
    assert Suggestion.objects.count() == 30


def test_the_audit_compares_those_who_saw_with_those_who_did_not() -> None:
    cast, _ = suggesting(SuggestionPolicy.BEFORE)
    for n in range(3):
        client = as_worker(cast, n)
        for _ in range(30):
            claim = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
            # Everybody follows what they see, and thinks otherwise alone.
            value = claim.get("suggestion", "positive")
            client.post(f"/api/v1/assignments/{claim['id']}/submit", {"value": value}, format="json")
    body = as_user(cast, cast.owner).get(url(cast, "models/anchoring")).json()
    overall = body["overall"]
    assert (overall["followed"], overall["agreed_anyway"], overall["moved"]) == (1.0, 0.0, 1.0)
    assert 0.8 < overall["low"] < 1.0
    assert overall["shown"] + overall["held_out"] == 90
    assert body["by_label"]["neutral"]["reason"].startswith("cannot say yet")


def test_answers_given_with_a_suggestion_in_view_are_no_evidence_about_the_model() -> None:
    from crowd.queries.model_evidence import model_evidence

    cast, model = suggesting(SuggestionPolicy.BEFORE)
    work(cast, 0)
    shown = Suggestion.objects.filter(is_held_out=False).values_list("task_id", flat=True)
    held_out = Suggestion.objects.filter(is_held_out=True).values_list("task_id", flat=True)
    evidence = model_evidence(cast.project)
    assert set(evidence.people.tasks) == set(held_out)
    assert not set(evidence.people.tasks) & set(shown)
    assert set(evidence.votes) == {model.pk}


def test_whom_to_ask_next_needs_prices() -> None:
    cast, _ = reviewed(20)
    client = as_user(cast, cast.owner)
    assert client.get(url(cast, "models/next")).json()["results"] is None
    cast.configure(label_worth_micros=5_000_000)
    Task.objects.filter(project=cast.project).update(state="open")
    body = client.get(url(cast, "models/next?limit=3")).json()
    assert (body["reason"], len(body["results"])) == (None, 3)
    assert {row["ask"] for row in body["results"]} <= {"person", "stop"}
    assert client.get(url(cast, "models/next?limit=0")).status_code == 422


def test_terms_are_changed_one_by_one_and_refuse_what_makes_no_sense() -> None:
    cast, model = reviewed(20)
    client = as_user(cast, cast.owner)
    address = url(cast, "models/terms")
    assert problem(client.post(address, {"suggestions": "before"}, format="json")) == (422, "invalid_input")
    assert not GateTerms.objects.exists()
    body = client.post(address, {"suggestions": "before", "suggester": str(model.uid)}, format="json").json()
    assert (body["suggestions"], body["suggester"], body["audit_share"]) == ("before", str(model.uid), 0.1)
    body = client.post(address, {"is_promotion_automatic": True}, format="json").json()
    assert (body["suggestions"], body["is_promotion_automatic"]) == ("before", True)
    refit_project(project_id=cast.project.pk)
    assert cast.enrolment(model).vote_state == VoteState.SHADOW
