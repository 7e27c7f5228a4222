"""Price rules: what a claim is quoted, that the quote stays, that golds cost what real tasks do."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Cast, make_cast

from crowd.enums import TrustLevel
from crowd.errors import InvalidInput
from crowd.models import Assignment, Entry, PriceRule, QuotedPrice
from crowd.policies.prices import check_price, quote
from crowd.queries.exactness import broken_promises
from crowd.queries.prices import preview_price
from crowd.services.assignments import release_assignment
from crowd.services.prices import set_price_rule
from crowd.services.processing import process_answer
from crowd.services.tasks import NewGold, add_golds

LENGTH = {"by": "length", "field": "text", "steps": [{"from": 10, "percent": 150}, {"from": 100, "percent": 300}]}
TRUST = {"by": "trust_level", "percent": {"trusted": 120}}
HARD = {"by": "number", "field": "difficulty", "steps": [{"from": 0.5, "percent": 200}]}


def body(base: int = 10_000, *factors: dict[str, Any]) -> dict[str, Any]:
    return {"base_micros": base, "factors": list(factors)}


@pytest.mark.parametrize(
    ("level", "payload", "expected"),
    [
        ("new", {"text": "x" * 9}, 10_001),
        ("trusted", {"text": "x" * 9}, 12_001),
        ("new", {"text": "x" * 10}, 15_001),
        ("trusted", {"text": "x" * 99}, 18_001),
        ("trusted", {"text": "x" * 100}, 36_003),
        ("restricted", {}, 10_001),
    ],
)
def test_factors_multiply_and_are_rounded_down_once(level: str, payload: dict[str, Any], expected: int) -> None:
    assert quote(body(10_001, TRUST, LENGTH), trust_level=level, payload=payload).amount_micros == expected


def test_a_quote_says_how_it_came_about() -> None:
    quoted = quote(body(100, TRUST, HARD), trust_level="trusted", payload={"difficulty": 0.7})
    assert quoted.amount_micros == 240
    assert quoted.factors == (
        {"by": "trust_level", "value": "trusted", "percent": 120},
        {"by": "number", "field": "difficulty", "value": 0.7, "percent": 200},
    )


@pytest.mark.parametrize(
    ("broken", "pointers"),
    [
        ({}, [""]),
        ({"base_micros": -1, "factors": []}, ["/base"]),
        ({"base_micros": True, "factors": []}, ["/base"]),
        ({"base_micros": 1, "factors": [{}] * 6}, ["/factors"]),
        (body(1, {"by": "mood"}), ["/factors/0/by"]),
        (body(1, {"by": "trust_level", "percent": {"suspended": 100}}), ["/factors/0/percent/suspended"]),
        (body(1, {"by": "trust_level", "percent": {"new": 9}}), ["/factors/0/percent/new"]),
        (body(1, TRUST, {"by": "length", "field": "", "steps": []}), ["/factors/1/field"]),
        (body(1, {**LENGTH, "steps": []}), ["/factors/0/steps"]),
        (body(1, {**LENGTH, "steps": [{"from": 5, "percent": 50}] * 2}), ["/factors/0/steps/1/from"]),
        (body(1, {**HARD, "steps": [{"from": 5, "percent": 1.5}]}), ["/factors/0/steps/0/percent"]),
    ],
)
def test_a_broken_rule_is_refused_where_it_is_broken(broken: dict[str, Any], pointers: list[str]) -> None:
    assert [problem.pointer for problem in check_price(broken)] == pointers


@pytest.mark.django_db
def test_a_claim_is_quoted_and_paid_by_the_rule_of_its_moment() -> None:
    cast = make_cast(tasks=1, budget_micros=100_000)
    set_price_rule(project=cast.project, body=body(10_000, TRUST), actor=cast.owner)
    cast.enrolment()
    type(cast.enrolment()).objects.filter(worker=cast.worker).update(trust_level=TrustLevel.TRUSTED)
    claim = cast.claim()
    assert claim.assignment is not None
    assert claim.assignment.reserved_micros == 12_000
    second = set_price_rule(project=cast.project, body=body(1), actor=cast.owner)
    assert (second.version, cast.project.price_micros) == (2, 1)
    answer = cast.answer(cast.worker, is_processed=False).answer
    process_answer(answer_id=answer.pk)
    assert max(Entry.objects.values_list("amount_micros", flat=True)) == 12_000
    kept = QuotedPrice.objects.get(assignment=answer.assignment)
    assert (kept.rule.version, kept.amount_micros, kept.factors[0]["percent"]) == (1, 12_000, 120)
    assert cast.answer(cast.workers[1]).answer.assignment.reserved_micros == 1
    assert not any(broken_promises(cast.project).values())


@pytest.mark.django_db
def test_a_task_that_comes_again_is_quoted_again() -> None:
    cast = make_cast(tasks=1)
    set_price_rule(project=cast.project, body=body(5), actor=cast.owner)
    first = cast.claim().assignment
    assert first is not None
    release_assignment(assignment_uid=first.uid, worker=cast.worker)
    set_price_rule(project=cast.project, body=body(7), actor=cast.owner)
    again = cast.claim().assignment
    assert (again, again.reserved_micros if again else None) == (first, 7)
    assert QuotedPrice.objects.get(assignment=again).rule.version == 2


@pytest.mark.django_db
def test_the_same_rule_again_is_no_new_version(cast: Cast) -> None:
    for _ in range(2):
        assert set_price_rule(project=cast.project, body=body(5), actor=cast.owner).version == 1
    assert PriceRule.objects.count() == 1


@pytest.mark.django_db
def test_a_project_without_a_rule_writes_no_quote(cast: Cast) -> None:
    cast.answer(cast.worker)
    assert (QuotedPrice.objects.count(), Assignment.objects.get().reserved_micros) == (0, 20_000)


@pytest.mark.django_db
def test_golds_that_would_show_by_their_price_are_refused(cast: Cast) -> None:
    cast.gold(1)
    with pytest.raises(InvalidInput) as refusal:
        set_price_rule(project=cast.project, body=body(5, HARD), actor=cast.owner)
    assert [problem.detail for problem in refusal.value.problems] == ["gold g1"]
    assert PriceRule.objects.count() == 0
    other = make_cast()
    set_price_rule(project=other.project, body=body(5, HARD), actor=other.owner)
    good = NewGold(key="g1", payload={"difficulty": 0.2}, labels=("neutral",))
    bad = NewGold(key="g2", payload={"difficulty": "hard"}, labels=("neutral",))
    with pytest.raises(InvalidInput) as refusal:
        add_golds(project=other.project, golds=[good, bad], actor=other.owner)
    assert [problem.pointer for problem in refusal.value.problems] == ["/golds/1/payload/difficulty"]
    assert add_golds(project=other.project, golds=[good], actor=other.owner) == 1


@pytest.mark.django_db
def test_a_preview_shows_the_range_by_level() -> None:
    cast = make_cast(tasks=12)
    preview = preview_price(cast.project, body(100, TRUST, {**LENGTH, "steps": [{"from": 7, "percent": 200}]}))
    assert (preview.tasks, preview.golds_without_a_field) == (12, 0)
    assert [(r.level, r.low_micros, r.mean_micros, r.high_micros) for r in preview.ranges] == [
        ("new", 100, 125.0, 200),
        ("trusted", 120, 150.0, 240),
        ("restricted", 100, 125.0, 200),
    ]
