"""Reports over the API: what they say, and that their cost does not grow with the rows."""

from __future__ import annotations

import pytest
from callers import as_user, as_worker, url
from cast import Cast, make_cast
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db

LISTS = ["consensus", "answers", "trust", "payouts", "agreement"]


def answered(tasks: int, workers: int = 2) -> Cast:
    cast = make_cast(tasks=tasks, workers=workers, min_overlap=workers, max_overlap=workers)
    for worker in cast.workers:
        for _ in range(tasks):
            cast.answer(worker, "positive")
    return cast


def test_the_consensus_says_where_it_comes_from() -> None:
    cast = answered(2)
    client = as_user(cast, cast.owner)
    preview = client.get(url(cast, "consensus")).json()["results"]
    assert sorted((row["task_key"], row["label"], row["answers"], row["run"]) for row in preview) == [
        ("t1", "positive", 2, None),
        ("t2", "positive", 2, None),
    ]
    run = refit_project(project_id=cast.project.pk)
    assert run is not None
    fitted = client.get(url(cast, "consensus")).json()["results"]
    assert {(row["model"], row["run"], row["state"]) for row in fitted} == {("dawid-skene", str(run.uid), "complete")}
    assert set(fitted[0]["posterior"]) == {"negative", "neutral", "positive"}


def test_pages_follow_a_cursor_to_the_end() -> None:
    cast = answered(5)
    client = as_user(cast, cast.owner)
    address, seen = url(cast, "consensus") + "?page_size=2", []
    while address:
        page = client.get(address).json()
        seen += [row["task_key"] for row in page["results"]]
        address = page["next"]
    assert sorted(seen) == [f"t{i}" for i in range(1, 6)]


def test_agreement_before_and_after_the_first_fit() -> None:
    cast = answered(3)
    client = as_user(cast, cast.owner)
    assert client.get(url(cast, "agreement")).json() == {"data_as_of": None, "groups": {}}
    refit_project(project_id=cast.project.pk)
    body = client.get(url(cast, "agreement")).json()
    assert set(body["groups"]) == {"humans", "models", "everyone"}
    # Everybody said the same: there is no disagreement to correct for chance, so no value, never 1.0.
    alpha = body["groups"]["humans"]["krippendorff_alpha"]
    assert (alpha["value"], alpha["reason"], alpha["tasks"]) == (None, "no_variation", 3)


def test_trust_shows_evidence_or_says_that_there_is_none() -> None:
    cast = make_cast(tasks=3)
    cast.gold(1, "positive")
    cast.configure(gold_rate=1.0)
    cast.answer(cast.workers[0], "positive")
    first, second, *_ = as_user(cast, cast.owner).get(url(cast, "trust")).json()["results"]
    assert (first["gold"]["right"], first["gold"]["wrong"], first["level"]) == (1, 0, "new")
    assert first["skill"]["low"] < first["skill"]["mean"] < first["skill"]["high"]
    assert (second["skill"], second["ability"], second["changes"]) == (None, None, [])


def test_payouts_add_up() -> None:
    cast = answered(3)
    body = as_user(cast, cast.finance).get(url(cast, "payouts")).json()
    assert [line["owed"]["amount"] for line in body["results"]] == ["0.060000", "0.060000"]
    assert (body["total"]["amount"], body["ledger_balances"]) == ("0.120000", True)


@pytest.mark.parametrize("tail", LISTS)
def test_the_number_of_queries_does_not_grow_with_the_rows(tail: str) -> None:
    counts = []
    for size in (1, 3):
        cast = answered(size, workers=size + 1)
        refit_project(project_id=cast.project.pk)
        client = as_user(cast, cast.owner)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(cast, tail)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 8


def test_a_claim_and_a_submit_take_a_fixed_number_of_queries() -> None:
    counts = []
    # The first pass fills what a process keeps of projects that show suggestions.
    for size in (1, 1, 3):
        cast = make_cast(tasks=size + 1)
        client = as_worker(cast)
        cast.answer(cast.workers[1])
        with CaptureQueriesContext(connection) as queries:
            assignment = client.post(url(cast, "claim"), {}, format="json").json()["assignment"]
            client.post(f"/api/v1/assignments/{assignment['id']}/submit", {"value": "neutral"}, format="json")
        counts.append(len([q for q in queries if "rnd" not in q["sql"]]))
    assert counts[1] == counts[2]
