"""The API of courses: training tells at once, an exam tells nothing until it is over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast
from rest_framework.test import APIClient

from crowd.models import Course

pytestmark = pytest.mark.django_db


def items(part: str, size: int) -> list[dict[str, Any]]:
    return [
        {"key": f"{part}{n}", "payload": {"text": f"text {n:02}"}, "labels": ["positive"], "reason": "a warm word"}
        for n in range(size)
    ]


def course(cast: Cast, **changes: Any) -> str:
    body = {"name": "Basics", "training": items("training", 2), "exam": items("exam", 12)} | changes
    response = as_user(cast, cast.owner).post(url(cast, "courses"), body, format="json")
    assert response.status_code == 201, response.json()
    uid: str = response.json()["id"]
    return uid


def start(client: APIClient, uid: str, part: str) -> Any:
    return client.post(f"/api/v1/courses/{uid}/start", {"part": part}, format="json")


def answer(client: APIClient, step: str, value: str) -> Any:
    return client.post(f"/api/v1/steps/{step}/answer", {"value": value}, format="json")


def test_a_worker_goes_from_training_through_the_exam_to_the_work(cast: Cast) -> None:
    uid = course(cast, exam_price={"amount": "0.01", "currency": "USD"})
    owner, worker = as_user(cast, cast.owner), as_worker(cast)
    owner.post(url(cast, "requirements"), {"course": uid}, format="json")
    assert problem(worker.post(url(cast, "claim"), {}, format="json")) == (403, "not_eligible")
    (offer,) = worker.get("/api/v1/courses").json()["results"]
    assert (offer["id"], offer["is_qualified"], offer["exam_obstacle"]) == (uid, False, "go through the training first")
    assert problem(start(worker, uid, "exam")) == (409, "conflict")

    state = start(worker, uid, "training").json()
    told = answer(worker, state["next"]["id"], "negative").json()
    assert told["feedback"] == {"is_right": False, "labels": ["positive"], "reason": "a warm word"}
    assert answer(worker, told["next"]["id"], "positive").json()["state"] == "passed"

    state = start(worker, uid, "exam").json()
    assert state["next"]["price"] == {"amount": "0.010000", "currency": "USD"}
    while state["state"] == "running":
        state = answer(worker, state["next"]["id"], "positive").json()
    assert (state["state"], state["answered"], state["next"]) == ("passed", 9, None)
    assert worker.post(url(cast, "claim"), {}, format="json").json()["state"] == "assigned"
    (line,) = owner.get(url(cast, "courses")).json()["results"]
    assert (line["exams"], line["qualified_workers"]) == ({"passed": 1, "failed": 0, "abandoned": 0}, 1)
    assert owner.get(url(cast, "payouts")).json()["total"] == {"amount": "0.090000", "currency": "USD"}


def test_right_or_wrong_an_exam_replies_alike(cast: Cast) -> None:
    uid = course(cast, training=[])
    shapes = []
    for n, value in ((0, "positive"), (1, "negative")):
        worker = as_worker(cast, n)
        begun = start(worker, uid, "exam").json()
        after = answer(worker, begun["next"]["id"], value)
        assert after.status_code == 201
        shown = json.dumps(after.json())
        assert "a warm word" not in shown
        assert "is_right" not in shown
        body = after.json()
        shapes.append((sorted(body), sorted(body["next"]), body["state"], body["answered"], len(shown)))
    assert shapes[0] == shapes[1]


def test_an_item_answered_twice(cast: Cast) -> None:
    uid = course(cast, training=[])
    worker = as_worker(cast)
    step = start(worker, uid, "exam").json()["next"]["id"]
    first = answer(worker, step, "positive")
    again = answer(worker, step, "positive")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["next"] == first.json()["next"]
    assert problem(answer(worker, step, "negative")) == (409, "already_submitted")
    assert problem(answer(worker, step, "purple")) == (422, "invalid_answer")
    assert problem(answer(as_worker(cast, 1), step, "positive")) == (404, "not_found")


def test_what_a_course_must_be(cast: Cast) -> None:
    body = {
        "name": "Basics",
        "exam": [*items("exam", 3), {"key": "exam0", "payload": {}, "labels": ["purple"]}],
        "good_accuracy": 0.5,
    }
    owner = as_user(cast, cast.owner)
    response = owner.post(url(cast, "courses"), body, format="json")
    assert problem(response) == (422, "invalid_input")
    pointers = [error["pointer"] for error in response.json()["errors"]]
    assert pointers == ["/good_accuracy", "/exam/3/key", "/exam/3/labels/0"]
    foreign = {"name": "B", "exam": items("exam", 3), "exam_price": {"amount": "1", "currency": "EUR"}}
    response = owner.post(url(cast, "courses"), foreign, format="json")
    assert response.json()["errors"] == [{"pointer": "/exam_price/currency", "detail": "give USD"}]
    assert Course.objects.count() == 0


def test_courses_need_the_scope_of_a_worker(cast: Cast, api: APIClient) -> None:
    uid = course(cast)
    assert api.get("/api/v1/courses").status_code == 401
    assert start(api, uid, "exam").status_code == 401
    assert as_user(cast, cast.stranger).get("/api/v1/courses").json()["results"] == []
    assert problem(start(as_user(cast, cast.stranger), uid, "training")) == (404, "not_found")
