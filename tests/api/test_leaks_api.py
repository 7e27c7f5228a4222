"""A worker learns nothing of golds, others' answers, posteriors or votes from any address, filter or order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from callers import as_user, as_worker
from cast import Cast, make_cast
from django.urls import reverse
from filled import BODIES, FILL, PARAMETERS
from rest_framework.test import APIClient

from api.permission_table import PUBLIC, TABLE
from api.schema import openapi
from crowd.enums import VoteState, WorkerKind
from crowd.models import Gold
from crowd.services.tasks import NewGold, add_golds
from crowd.services.workers import NewWorker, add_workers

pytestmark = pytest.mark.django_db

# Answers, votes and golds hold this; of the consensus the names of its fields must not be there.
MARK = "leak-"
FORBIDDEN = (MARK, "is_gold", "posterior", "confidence", "consensus")
# What a worker may ask of its own: the reply says how often it was right on golds, not on which.
SAMPLES = {"string": "x", "integer": 1, "boolean": "true", "number": 0.5}


@pytest.fixture
def leaky(db: None) -> Cast:
    """A project of texts on which everything that could leak is there, and can be told apart."""
    cast = make_cast(tasks=30, labels=(), answer_type="text", aggregation_model="auto")
    hidden: dict[str, Any] = {"labels": (f"{MARK}right",), "reason": f"{MARK}reason"}
    golds = [NewGold(key=f"{MARK}g{n}", payload={"text": "text 1"}, **hidden) for n in (1, 2, 3)]
    add_golds(project=cast.project, golds=golds, actor=cast.owner)
    model = NewWorker(name=f"{MARK}model", kind=WorkerKind.LLM, model={"version": "1"})
    robot = add_workers(project=cast.project, workers=[model], actor=cast.owner)[0].worker
    cast.project.enrolments.filter(worker=robot).update(vote_state=VoteState.COUNTED)
    for worker in (cast.workers[2], cast.workers[3], robot):
        for _ in range(3):
            cast.answer(worker, f"{MARK}answer")
    return cast


def asked(name: str) -> Iterator[str]:
    """Each parameter of the query that the document names, with each value that it names."""
    yield ""
    operation = f"get_{name.removeprefix('api-').replace('-', '_')}"
    for path in openapi()["paths"].values():
        if path.get("get", {}).get("operationId") == operation:
            for parameter in path["get"].get("parameters", []):
                if parameter["in"] == "query":
                    schema = parameter["schema"]
                    for value in schema.get("enum", [SAMPLES.get(str(schema.get("type")), "x")]):
                        yield f"?{parameter['name']}={value}"


def call(client: APIClient, method: str, where: str, name: str) -> Any:
    body = json.dumps(BODIES.get(name, {}) if method != "GET" else {})
    return client.generic(method, where, body, content_type="application/json")


def told(response: Any) -> str:
    """All that a reply says, but for its problem's own code."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{dict(response.headers)} {content.decode()}"


def clients(cast: Cast) -> dict[str, APIClient]:
    session = APIClient()
    session.force_login(cast.worker.user)
    return {"its key": as_worker(cast), "a key of every scope": as_user(cast, cast.worker.user), "a session": session}


def test_no_address_tells_a_worker_what_is_hidden(leaky: Cast) -> None:
    ids = {name: make(leaky) for name, make in FILL.items() if name not in ("rater", "example")}
    ids |= {"rater": ids["project"], "example": ids["project"]}
    found: list[str] = []
    for who, client in clients(leaky).items():
        for name, methods in TABLE.items():
            where = reverse(name, kwargs={parameter: ids[parameter] for parameter in PARAMETERS[name]})
            for method, access in methods.items():
                if access == PUBLIC:
                    continue
                for query in asked(name) if method == "GET" else [""]:
                    reply = call(client, method, where + query, name)
                    if access.roles:
                        assert reply.status_code in (403, 404), f"{method} {where}{query} with {who}"
                    words = [word for word in FORBIDDEN if word in told(reply)]
                    found += [f"{method} {name}{query} tells {word} with {who}" for word in words]
    assert found == []


def shape(response: Any) -> Any:
    """Status, headers and body, of which only form and size are left."""

    def outline(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: outline(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [outline(inner) for inner in value]
        return len(value) if isinstance(value, str) else value

    headers = {name: len(value) for name, value in response.headers.items()}
    return response.status_code, headers, outline(response.json())


def test_a_gold_is_as_unknown_to_a_worker_as_any_task(leaky: Cast) -> None:
    gold = Gold.objects.filter(project=leaky.project).first()
    assert gold is not None
    differing = []
    for who, client in clients(leaky).items():
        for name, methods in TABLE.items():
            if PARAMETERS[name] == ["project", "task"]:
                for method in methods:
                    kwargs = [
                        {"project": leaky.project.uid, "task": task.uid} for task in (gold.task, leaky.task("t1"))
                    ]
                    one, other = (call(client, method, reverse(name, kwargs=each), name) for each in kwargs)
                    if (shape(one), one.content) != (shape(other), other.content):
                        differing.append(f"{method} {name} with {who}")
    assert differing == []
