"""Exports of answers that are not one label each: values as they are stored, numbers with their interval, pairs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cast import Cast, make_cast
from django.utils import timezone
from imported import imported, problems

from crowd.models import Answer, Consensus, Gold, Task
from crowd.queries.exports import export_blocks, plan_for

pytestmark = pytest.mark.django_db

LABELS = ({"value": "cat"}, {"value": "dog"})
ITEMS = [{"id": "x", "text": "one"}, {"id": "y", "text": "two"}]
TYPES: dict[str, dict[str, Any]] = {
    "multiple_choice": {"labels": LABELS},
    "number": {"labels": (), "answer_options": {"minimum": 0, "maximum": 10, "step": 0.5}},
    "text": {"labels": ()},
    "pairwise": {"labels": (), "answer_options": {"allow_tie": True}},
    "ranking": {"labels": ()},
}
# Of each type an answer as a file has it, as it is stored, one that is none, and what is said about that.
VALUES: dict[str, tuple[Any, Any, Any]] = {
    "multiple_choice": (["dog", "cat"], ["cat", "dog"], ["fish"]),
    "number": (2.5, 2.5, 99),
    "text": (" Rain. ", "Rain.", ""),
    "pairwise": ("b", "b", "c"),
    "ranking": (["y", "x"], ["y", "x"], ["y", "z"]),
}


def cast_of(answer_type: str) -> Cast:
    payload = {"prompt": "Which?", "items": ITEMS}
    cast = make_cast(payload=payload, answer_type=answer_type, aggregation_model="auto", **TYPES[answer_type])
    assert cast.project.answer_type == answer_type
    return cast


def line(key: str, payload: dict[str, Any] | None = None, **more: Any) -> str:
    return json.dumps({"key": key, "payload": payload or {"prompt": "Which?", "items": ITEMS}, **more})


def lines(cast: Cast, kind: str, file_format: str, **filters: Any) -> list[dict[str, Any]]:
    plan = plan_for(cast.project, kind=kind, file_format=file_format, filters=filters)
    return [json.loads(row) for row in b"".join(export_blocks(cast.project, plan)).decode().splitlines()]


@pytest.mark.parametrize("answer_type", TYPES)
def test_answers_and_golds_of_every_type_come_in_checked_and_go_out_as_stored(answer_type: str) -> None:
    cast = cast_of(answer_type)
    given, stored, wrong = VALUES[answer_type]
    job = imported(
        cast,
        "\n".join([line("k", answers=[{"worker": "w", "value": given}]), line("g", gold={"labels": [given]})]),
    )
    assert (job.state, job.tasks, job.golds, job.answers) == ("finished", 1, 1, 1)
    assert Answer.objects.get().value == stored
    assert Gold.objects.get().labels == [stored]
    assert [row["label"] for row in lines(cast, "answers", "jsonl")] == [stored]
    for i, bad in enumerate(
        (line("b", answers=[{"worker": "w", "value": wrong}]), line("b", gold={"labels": [wrong]}))
    ):
        refused = imported(cast, bad)
        assert (refused.state, [row[:2] for row in problems(refused)]) == ("failed", [(1, ("label", "gold")[i])])
    assert not Task.objects.filter(key="b").exists()


@pytest.mark.parametrize(
    ("answer_type", "payload", "detail"),
    [
        ("pairwise", {"text": "x"}, "/payload: needs either items or responses to choose from; it has neither"),
        ("ranking", {"items": ITEMS[:1]}, "/payload/items: 1 candidates; give 2 to 100"),
        (
            "text",
            {"image": "javascript:alert(1)"},
            "/payload/image: 'javascript:alert(1)' is no address of http, https",
        ),
    ],
)
def test_a_payload_that_cannot_be_shown_is_refused(answer_type: str, payload: dict[str, Any], detail: str) -> None:
    job = imported(cast_of(answer_type), line("k", payload))
    [(row, column, said)] = problems(job)
    assert (job.state, row, column, said[: len(detail)]) == ("failed", 1, "payload", detail)


def concluded(cast: Cast, key: str, value: Any, **fields: Any) -> None:
    task = Task.objects.get(project=cast.project, key=key)
    labels = cast.project.label_values
    own = {"label_index": labels.index(value), "posterior": [1 / len(labels)] * len(labels)} if labels else {}
    Consensus.objects.create(
        task=task,
        project=cast.project,
        confidence=0.75,
        answers=3,
        updated_at=timezone.now(),
        **(own or {"value": value}),
        **fields,
    )


def test_a_number_goes_out_with_its_interval() -> None:
    cast = cast_of("number")
    imported(cast, line("k"))
    concluded(cast, "k", 2.5, low=2.0, high=3.25)
    [row] = lines(cast, "consensus", "jsonl")
    assert (row["label"], row["low"], row["high"], row["confidence"], row["posterior"]) == (2.5, 2.0, 3.25, 0.75, None)


def test_an_order_and_a_text_go_out_as_they_are() -> None:
    for answer_type, value in (("ranking", ["y", "x"]), ("text", "Rain.")):
        cast = cast_of(answer_type)
        imported(cast, line("k"))
        concluded(cast, "k", value)
        assert [row["label"] for row in lines(cast, "consensus", "jsonl")] == [value]
        [example] = lines(cast, "consensus", "finetune", style="instruction")
        assert example["response"] == (value if isinstance(value, str) else '["y", "x"]')
        assert example["instruction"] == cast.project.instructions


def test_preferences_name_the_chosen_and_the_rejected_and_leave_ties_out() -> None:
    cast = cast_of("pairwise")
    rain = {"prompt": "Explain rain.", "responses": ["It falls.", {"id": "m2", "html": "<p>Drops.</p>"}]}
    imported(cast, "\n".join([line("r", rain), line("i", {"text": "Which?", "items": ITEMS}), line("t")]))
    concluded(cast, "r", "b")
    concluded(cast, "i", "a")
    concluded(cast, "t", "tie")
    assert lines(cast, "consensus", "finetune", style="preference") == [
        {"prompt": "Explain rain.", "chosen": "<p>Drops.</p>", "rejected": "It falls.", "confidence": 0.75},
        {"prompt": "Which?", "chosen": "one", "rejected": "two", "confidence": 0.75},
    ]
    assert [row["label"] for row in lines(cast, "consensus", "finetune")] == ["b", "a", "tie"]
