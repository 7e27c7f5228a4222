"""What a payload may hold, each problem at its place."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.enums import AnswerType
from crowd.policies.payloads import check_payload, items_of, named_items_of

A, B = {"id": "a", "text": "one"}, {"id": "b", "image": "https://example.org/b.png"}


@pytest.mark.parametrize(
    ("answer_type", "payload"),
    [
        ("single_choice", {"text": "hello", "lang": "en", "anything": {"else": [1]}}),
        ("single_choice", {"text": 5, "items": "as before", "image": None}),
        ("number", {"image": "/media/1.png"}),
        ("number", {"image": "cat.jpg", "audio": "https://example.org/a.ogg", "video": "a/b:c.mp4"}),
        ("text", {"image": "data:image/png;base64,AAAA"}),
        ("pairwise", {"items": [A, B]}),
        ("pairwise", {"prompt": "Say hello", "responses": ["Hello!", "Go away."]}),
        ("pairwise", {"prompt": "Say hello", "responses": [{"id": "m1", "text": "Hi"}, {"text": "Yo"}]}),
        ("ranking", {"items": [A, B, {"id": "c", "html": "<b>3</b>"}]}),
    ],
)
def test_good_payloads_pass(answer_type: str, payload: dict[str, Any]) -> None:
    assert check_payload(payload, AnswerType(answer_type), "/tasks/0/payload") == []


@pytest.mark.parametrize(
    ("answer_type", "payload", "pointer", "sentence"),
    [
        ("text", {"image": "javascript:alert(1)"}, "/image", "is no address of http, https or this site"),
        ("text", {"video": " java\nscript:alert(1)"}, "/video", "is no address of http, https or this site"),
        ("text", {"audio": "data:text/html,<script>"}, "/audio", "is no address of http, https or this site"),
        ("pairwise", {"text": "x"}, "", "needs either items or responses to choose from; it has neither"),
        (
            "pairwise",
            {"items": [A, B], "responses": ["x", "y"]},
            "",
            "needs either items or responses to choose from; it has both",
        ),
        (
            "pairwise",
            {"items": [A, B, {"id": "c", "text": "x"}]},
            "/items",
            "a comparison has two candidates; there are 3",
        ),
        ("ranking", {"items": [A]}, "/items", "1 candidates; give 2 to 100"),
        ("ranking", {"items": "a, b"}, "/items", "must be a list, not 'a, b'"),
        ("ranking", {"items": [A, "b"]}, "/items/1", "must be an object with id and content, not 'b'"),
        ("ranking", {"items": [A, {"text": "b"}]}, "/items/1/id", "must be a text of 1 to 200 characters"),
        (
            "ranking",
            {"items": [A, {"id": "b"}]},
            "/items/1",
            "shows nothing; give one of text, html, image, audio, video",
        ),
        ("ranking", {"items": [A, A]}, "/items/1/id", "'a' repeats candidate 0"),
        ("pairwise", {"responses": ["x", {"id": "1", "text": "y"}]}, "/responses/1/id", "'1' repeats candidate 0"),
        ("pairwise", {"responses": ["x", " "]}, "/responses/1", "must be a text or an object, not ' '"),
        (
            "ranking",
            {"items": [A, {"id": "b", "image": "vbscript:x"}]},
            "/items/1/image",
            "is no address of http, https or this site",
        ),
    ],
)
def test_a_bad_payload_gets_a_sentence_at_its_place(
    answer_type: str, payload: dict[str, Any], pointer: str, sentence: str
) -> None:
    problems = check_payload(payload, AnswerType(answer_type), "/tasks/3/payload")
    assert [problem.pointer for problem in problems] == [f"/tasks/3/payload{pointer}"]
    assert problems[0].detail.endswith(sentence)


def test_candidates_without_an_id_are_counted() -> None:
    assert items_of({"responses": ["x", {"text": "y"}, {"id": "m", "text": "z"}]}) == ("1", "2", "m")
    assert items_of({"items": [A, B]}) == ("a", "b")
    assert items_of({"text": "x"}) == ()


def test_only_candidates_with_ids_of_their_own_may_return_in_other_tasks() -> None:
    assert named_items_of({"items": [A, B]}) == ("a", "b")
    assert named_items_of({"responses": ["x", {"id": "m", "text": "z"}]}) == ()
