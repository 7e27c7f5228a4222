"""Requests that no reader of the document would send are refused as problems, and an unasked filter is not asked."""

from __future__ import annotations

import pytest
from callers import as_user, as_worker, problem, url
from cast import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"value": ' + b"9" * 5000 + b"}",
        b'{"value": 1e999}',
        b"\x00",
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(cast: Cast, body: bytes) -> None:
    claimed = cast.claim().assignment
    assert claimed is not None
    hot = as_worker(cast).post(f"/api/v1/assignments/{claimed.uid}/submit", body, content_type="application/json")
    assert problem(hot) == (400, "parse_error")
    cold = as_user(cast, cast.owner).post(url(cast, "clone"), body, content_type="application/json")
    assert problem(cold) == (400, "parse_error")


def test_too_many_parameters_are_a_problem(cast: Cast) -> None:
    query = "&".join(f"a{n}=1" for n in range(2000))
    assert problem(as_user(cast, cast.owner).get(url(cast, f"tasks?{query}"))) == (400, "parse_error")


def test_a_filter_that_is_not_asked_hides_nothing(cast: Cast) -> None:
    cast.gold(1)
    cast.configure(gold_rate=1.0)
    cast.answer(cast.workers[0])
    cast.configure(gold_rate=0.0)
    cast.answer(cast.workers[1])
    client = as_user(cast, cast.owner)
    found = {
        query: [row["is_gold"] for row in client.get(url(cast, f"answers{query}")).json()["results"]]
        for query in ("", "?is_gold=true", "?is_gold=false", "?is_gold=")
    }
    assert found == {"": [True, False], "?is_gold=true": [True], "?is_gold=false": [False], "?is_gold=": [True, False]}
    assert [gold["key"] for gold in client.get(url(cast, "golds")).json()["results"]] == ["g1"]
