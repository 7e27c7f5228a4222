"""Items of comparisons: scores of those that several tasks name, with intervals; refused beyond the limit."""

from __future__ import annotations

from itertools import combinations

import pytest
from callers import as_user
from cast import Cast, make_cast

from crowd.models import ItemScore, Project
from crowd.policies import item_scores
from crowd.policies.item_scores import scored_pairs
from crowd.services.refit import refit_project
from crowd.services.tasks import NewTask, add_tasks

BEST_FIRST = ["m3", "m1", "m2"]


def compared(cast: Cast, pairs: list[tuple[str, str]]) -> None:
    rows = [
        NewTask(key=f"c{i}", payload={"responses": [{"id": a, "text": f"{a} {i}"}, {"id": b, "text": f"{b} {i}"}]})
        for i, (a, b) in enumerate(pairs)
    ]
    add_tasks(project=cast.project, tasks=rows, actor=cast.owner)


def pairwise_cast() -> Cast:
    payload = {"responses": ["nameless", "too"]}
    return make_cast(tasks=1, aggregation_model="auto", answer_type="pairwise", labels=(), payload=payload)


def items(cast: Cast) -> dict[str, object]:
    reply = as_user(cast, cast.owner).get(f"/api/v1/projects/{cast.project.uid}/items")
    body: dict[str, object] = reply.json()
    return body | {"status_code": reply.status_code}


@pytest.mark.django_db
def test_items_that_several_tasks_name_are_scored_with_intervals() -> None:
    cast = pairwise_cast()
    compared(cast, [*list(combinations(["m1", "m2", "m3"], 2)) * 3, ("m1", "once")])
    assert items(cast) == {
        "status_code": 200,
        "data_as_of": None,
        "run": None,
        "named": 0,
        "notes": [],
        "results": [],
    }
    for worker in cast.workers[:2]:
        for _ in range(11):
            task = cast.claim(worker).assignment.task  # type: ignore[union-attr]
            ids = [response["id"] if isinstance(response, dict) else "" for response in task.payload["responses"]]
            better = [BEST_FIRST.index(name) if name in BEST_FIRST else 9 for name in ids]
            cast.answer(worker, "a" if better[0] <= better[1] else "b")
    run = refit_project(project_id=cast.project.pk)
    assert run is not None
    body = items(cast)
    results = body["results"]
    assert isinstance(results, list)
    assert [(row["item"], row["place"], row["tasks"], row["answers"]) for row in results] == [
        (name, place, 6, 12) for place, name in enumerate(BEST_FIRST, start=1)
    ]
    assert (body["named"], body["run"], {row["part"] for row in results}) == (4, str(run.uid), {0})
    for row in results:
        assert row["low"] < row["score"] < row["high"]
    # A second fit puts its rows in the place of the first one's.
    Project.objects.update(is_dirty=True, refit_not_before=None)
    again = refit_project(project_id=cast.project.pk)
    assert set(ItemScore.objects.values_list("run", flat=True)) == {None if again is None else again.pk}


@pytest.mark.django_db
def test_too_many_items_are_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_scores, "MOST_ITEMS", 2)
    cast = pairwise_cast()
    compared(cast, list(combinations(["m1", "m2", "m3"], 2)))
    for _ in range(4):
        cast.answer(cast.worker, "a")
    assert refit_project(project_id=cast.project.pk) is not None
    body = items(cast)
    assert body["status_code"] == 409
    sentence = "3 items are compared in two or more tasks; scores are worked out for up to 2: compare fewer, "
    assert body["detail"] == f"{sentence}or fit the exported answers yourself"


@pytest.mark.django_db
def test_items_are_asked_of_comparisons_only(cast: Cast) -> None:
    body = items(cast)
    assert (body["status_code"], body["detail"]) == (
        422,
        "items are scored where answers are pairwise; this project's are single_choice",
    )


def test_an_item_of_a_single_task_takes_its_comparison_with_it() -> None:
    picked = scored_pairs({1: ("a", "b"), 2: ("b", "a"), 3: ("a", "c")})
    assert (picked.pairs, picked.named, picked.refusal) == ({1: ("a", "b"), 2: ("b", "a")}, 3, None)
