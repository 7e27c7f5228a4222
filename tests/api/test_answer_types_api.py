"""Every answer type through the API: create, fill, claim, submit, submit again."""

from __future__ import annotations

from typing import Any

import pytest
from callers import as_user, as_worker
from cast import Cast
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from crowd.models import Answer, Event, Project, Task
from crowd.services.processing import process_answer
from crowd.services.refit import refit_project

ITEMS = [{"id": "x", "text": "one"}, {"id": "y", "text": "two"}, {"id": "z", "text": "three"}]
LABELS = [{"value": "cat"}, {"value": "dog"}, {"value": "cow"}]

# Type -> the project's fields, a payload, an answer with its canonical form, another, one that is refused.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], Any, Any, Any, Any]] = {
    "single_choice": ({"labels": LABELS}, {"text": "?"}, "cat", "cat", "dog", "horse"),
    "ordinal": ({"labels": LABELS}, {"text": "?"}, "cat", "cat", "dog", 1),
    "multiple_choice": ({"labels": LABELS}, {"text": "?"}, ["dog", "cat"], ["cat", "dog"], ["cat"], []),
    "number": ({"answer_options": {"minimum": 0, "maximum": 5, "step": 0.5}}, {"image": "/a.png"}, 2.0, 2, 3, 9),
    "text": ({"answer_options": {"max_length": 9}}, {"prompt": "Say"}, " hello ", "hello", "bye", "0123456789"),
    "pairwise": ({}, {"prompt": "?", "responses": ["one", "two"]}, "a", "a", "b", "tie"),
    "ranking": ({}, {"items": ITEMS}, ["y", "x", "z"], ["y", "x", "z"], ["x", "y", "z"], ["x", "y"]),
}
ALL = pytest.mark.parametrize("answer_type", CASES)


class Caller:
    """A client that sends and gets JSON."""

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, body, format="json")

    def get(self, path: str) -> Any:
        return self.client.get(path)


@pytest.fixture
def owner(cast: Cast) -> Caller:
    return Caller(as_user(cast, cast.owner))


@pytest.fixture
def worker(cast: Cast) -> Caller:
    return Caller(as_worker(cast))


def project_of(owner: Caller, cast: Cast, answer_type: str) -> str:
    fields, payload, *_ = CASES[answer_type]
    made = owner.post("/api/v1/projects", {"name": answer_type, "answer_type": answer_type, "gold_rate": 0, **fields})
    assert made.status_code == 201, made.json()
    project: str = made.json()["id"]
    tasks = {"tasks": [{"key": f"t{i}", "payload": payload} for i in range(3)]}
    assert owner.post(f"/api/v1/projects/{project}/tasks", tasks).status_code == 201
    assert owner.post(f"/api/v1/projects/{project}/launch", {}).status_code == 200
    added = owner.post(f"/api/v1/projects/{project}/workers", {"workers": [{"id": str(cast.worker.uid)}]})
    assert added.status_code == 201
    return project


@ALL
def test_the_claim_says_what_an_answer_looks_like(cast: Cast, owner: Caller, worker: Caller, answer_type: str) -> None:
    project = project_of(owner, cast, answer_type)
    _, payload, _, canonical, other, bad = CASES[answer_type]
    assignment = worker.post(f"/api/v1/projects/{project}/claim", {}).json()["assignment"]
    assert (assignment["answer_type"], assignment["payload"]) == (answer_type, payload)
    schema = Draft202012Validator(assignment["answer_schema"])
    assert [schema.is_valid(value) for value in (canonical, other, bad)] == [True, True, False]
    again = worker.post(f"/api/v1/projects/{project}/claim", {}).json()["assignment"]
    assert again == assignment


@ALL
def test_an_answer_is_stored_in_canonical_form_and_replayed(
    cast: Cast, owner: Caller, worker: Caller, answer_type: str
) -> None:
    project = project_of(owner, cast, answer_type)
    *_, value, canonical, other, bad = CASES[answer_type]
    claimed = worker.post(f"/api/v1/projects/{project}/claim", {}).json()["assignment"]["id"]
    path = f"/api/v1/assignments/{claimed}/submit"
    refused = worker.post(path, {"value": bad})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_answer")
    first = worker.post(path, {"value": value})
    assert (first.status_code, first.json()["value"]) == (201, canonical)
    assert type(first.json()["value"]) is type(canonical)
    for same in (value, canonical):
        assert worker.post(path, {"value": same}).json()["id"] == first.json()["id"]
    assert worker.post(path, {"value": other}).json()["code"] == "already_submitted"
    answers = owner.get(f"/api/v1/projects/{project}/answers").json()["results"]
    assert [answer["value"] for answer in answers] == [canonical]


@ALL
def test_a_submit_brings_the_next_task_with_its_schema(
    cast: Cast, owner: Caller, worker: Caller, answer_type: str
) -> None:
    project = project_of(owner, cast, answer_type)
    *_, value, canonical, _, _ = CASES[answer_type]
    first = worker.post(f"/api/v1/projects/{project}/claim", {}).json()["assignment"]
    reply = worker.post(f"/api/v1/assignments/{first['id']}/submit", {"value": value, "next": True}).json()
    assert reply["value"] == canonical
    following = reply["next"]["assignment"]
    assert following["id"] != first["id"]
    assert {name: following[name] for name in ("answer_schema", "answer_options", "labels")} == {
        name: first[name] for name in ("answer_schema", "answer_options", "labels")
    }


@ALL
def test_golds_are_scored(cast: Cast, owner: Caller, worker: Caller, answer_type: str) -> None:
    project = project_of(owner, cast, answer_type)
    _, payload, value, canonical, other, bad = CASES[answer_type]
    refused = owner.post(
        f"/api/v1/projects/{project}/golds", {"golds": [{"key": "g", "payload": payload, "labels": [value, bad]}]}
    )
    assert [problem["pointer"] for problem in refused.json()["errors"]] == ["/golds/0/labels/1"]
    golds = [{"key": f"g{i}", "payload": payload, "labels": [value]} for i in range(2)]
    assert owner.post(f"/api/v1/projects/{project}/golds", {"golds": golds}).status_code == 201
    Project.objects.filter(uid=project).update(gold_rate=1.0)
    for given in (canonical, other):
        claimed = worker.post(f"/api/v1/projects/{project}/claim", {}).json()["assignment"]["id"]
        assert worker.post(f"/api/v1/assignments/{claimed}/submit", {"value": given}).status_code == 201
    process_all()
    rows = owner.get(f"/api/v1/projects/{project}/answers").json()["results"]
    assert sorted((row["is_gold"], row["is_correct"]) for row in rows) == [(True, False), (True, True)]
    trust = owner.get(f"/api/v1/projects/{project}/trust").json()["results"]
    assert [(line["gold"]["right"], line["gold"]["wrong"]) for line in trust] == [(1, 1)]


@ALL
def test_a_claim_tells_nothing_about_scoring(cast: Cast, owner: Caller, worker: Caller, answer_type: str) -> None:
    project = project_of(owner, cast, answer_type)
    assignment = worker.post(f"/api/v1/projects/{project}/claim", {}).json()["assignment"]
    assert set(assignment) == {
        *("id", "project", "deadline", "payload", "answer_type", "labels", "answer_options", "answer_schema", "price"),
    }
    assert not {"tolerance", "gold_similarity", "when_full"} & set(assignment["answer_options"])


def process_all() -> None:
    for answer_id in Answer.objects.filter(processed_at__isnull=True).values_list("pk", flat=True):
        process_answer(answer_id=answer_id)


@pytest.mark.parametrize(
    ("fields", "pointer", "sentence"),
    [
        ({"answer_type": "number"}, "/answer_options/tolerance", "say how far from the right number"),
        ({"answer_type": "number", "labels": LABELS}, "/labels", "number has no labels; leave labels out"),
        ({"answer_type": "pairwise", "labels": LABELS}, "/labels", "pairwise has the labels 'a', 'b', in this order"),
        ({"answer_type": "multiple_choice"}, "/labels", "0 labels; give 2 to 1000"),
        ({"answer_type": "ranking", "scale": "ordinal"}, "/scale", "ranking has no scale"),
        ({"answer_type": "text", "audit_share": 0.1}, "/audit_share", "audits compare labels"),
        ({"answer_type": "text", "aggregation_model": "mace"}, "/aggregation_model", "text has a model of its own"),
        ({"answer_type": "essay"}, "/answer_type", '"essay" is not a valid choice.'),
    ],
)
def test_a_project_that_makes_no_sense_gets_a_sentence(
    owner: Caller, fields: dict[str, Any], pointer: str, sentence: str
) -> None:
    reply = owner.post("/api/v1/projects", {"name": "x", **fields})
    assert reply.status_code == 422
    found = {problem["pointer"]: problem["detail"] for problem in reply.json()["errors"]}
    assert found[pointer].startswith(sentence)


def test_labels_of_a_comparison_may_have_titles(owner: Caller) -> None:
    labels = [{"value": "a", "title": "Left"}, {"value": "b", "title": "Right"}, {"value": "tie", "title": "Same"}]
    fields = {"name": "x", "answer_type": "pairwise", "labels": labels, "answer_options": {"allow_tie": True}}
    assert owner.post("/api/v1/projects", fields).json()["labels"] == labels


def test_a_bad_payload_is_named_by_its_row(cast: Cast, owner: Caller) -> None:
    project = project_of(owner, cast, "ranking")
    rows = [{"key": "a", "payload": {"items": ITEMS}}, {"key": "b", "payload": {"items": ITEMS[:1]}}]
    reply = owner.post(f"/api/v1/projects/{project}/tasks", {"tasks": rows})
    assert [problem["pointer"] for problem in reply.json()["errors"]] == ["/tasks/1/payload/items"]


# Type -> two values, of which workers give the first everywhere; what the consensus then is.
ROUNDS = {
    "single_choice": ("cat", "dog"),
    "ordinal": ("cat", "dog"),
    "multiple_choice": (["cat", "dog"], ["cow"]),
    "number": (2, 5),
    "text": ("hello", "bye"),
    "pairwise": ("b", "a"),
    "ranking": (["y", "x", "z"], ["z", "x", "y"]),
}


@pytest.mark.parametrize("answer_type", ROUNDS)
def test_a_project_of_every_type_from_tasks_to_reports(cast: Cast, owner: Caller, answer_type: str) -> None:
    project = project_of(owner, cast, answer_type)
    base, (value, other) = f"/api/v1/projects/{project}", ROUNDS[answer_type]
    payload = CASES[answer_type][1]
    gold = {"golds": [{"key": "g", "payload": payload, "labels": [value]}]}
    assert owner.post(f"{base}/golds", gold).status_code == 201
    Project.objects.filter(uid=project).update(gold_rate=0.3, min_overlap=2, max_overlap=4, target_confidence=0.6)
    people = cast.workers[:3]
    owner.post(f"{base}/workers", {"workers": [{"id": str(worker.uid)} for worker in people[1:]]})
    for i, person in enumerate(people):
        caller = Caller(as_worker(cast, i))
        while (claimed := caller.post(f"{base}/claim", {}).json().get("assignment")) is not None:
            given = other if i == 2 and Answer.objects.filter(worker=person).count() == 1 else value
            assert caller.post(f"/api/v1/assignments/{claimed['id']}/submit", {"value": given}).status_code == 201
        process_all()
    refit_project(project_id=Project.objects.get(uid=project).pk)
    assert not Event.objects.filter(kind__in=["refit_failed", "processing_failed"]).exists()
    real = owner.get(f"{base}/consensus").json()["results"]
    if answer_type == "text":
        assert real == []
        assert set(Task.objects.filter(project__uid=project).values_list("state", flat=True)) == {"complete", "gold"}
    else:
        rows = [row for row in real if row["state"] != "gold"]
        assert [row["value"] for row in rows] == [value] * 3
        assert {row["label"] for row in rows} == {value if isinstance(value, str) else None}
        assert all(0 < row["confidence"] <= 1.000001 for row in rows)
    groups = owner.get(f"{base}/agreement").json()["groups"]
    for figures in groups.values():
        for figure in figures.values():
            assert (figure["value"] is None) <= (figure["reason"] is not None)
    main = next(iter(groups["humans"].values()))
    assert (main["reason"] == "free_text") == (answer_type == "text")
    views = {view: owner.get(f"{base}/agreement/{view}").status_code for view in ("task", "worker", "week", "kind")}
    assert set(views.values()) == {422 if answer_type == "text" else 200}
    assert owner.get(f"{base}/agreement/precision").status_code == 200
    for tail in ("trust", "golds/health", "answers", "disputes", "tasks"):
        assert owner.get(f"{base}/{tail}").status_code == 200
    health = owner.get(f"{base}/golds/health").json()
    assert health["active"] == 1
