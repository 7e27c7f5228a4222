"""Rules: conditions over windows, actions, versions; each window fires a rule once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import TrustLevel
from crowd.errors import InvalidInput, NotFound
from crowd.models import Answer, Rule, RuleFiring, TrustChange, WorkTerms
from crowd.policies.rule_bodies import read_rule
from crowd.policies.rules import Record, evaluate, replay
from crowd.policies.trust import TrustRule
from crowd.queries.previews import preview_rule, preview_trust
from crowd.services.assignments import skip_assignment
from crowd.services.rules import apply_rules, retire_rule, set_rule

START = datetime(2026, 3, 1, tzinfo=UTC)


def rule(
    action: str = "note", *, join: str = "all", for_hours: float | None = None, **condition: Any
) -> dict[str, Any]:
    """A rule of one condition as JSON."""
    then: dict[str, Any] = {"action": action} | ({} if for_hours is None else {"for_hours": for_hours})
    return {"when": {"all": [condition]}, "then": then}


def past(*records: dict[str, Any] | str) -> list[Record]:
    """Records a minute apart; a word is a kind."""
    rows = [{"kind": row} if isinstance(row, str) else {"kind": "answer"} | row for row in records]
    return [Record(at=START + timedelta(minutes=n), **row) for n, row in enumerate(rows)]


def holds(body: dict[str, Any], records: list[Record]) -> bool:
    return evaluate(read_rule(body), records, now=records[-1].at) is not None


def right(pattern: str) -> list[Record]:
    return past(*({"is_right": letter == "r"} for letter in pattern))


def test_gold_accuracy_under_a_share_of_the_last_ten() -> None:
    plain = rule(measure="gold_accuracy", last=10, at_least=5, value=0.75, certainty=0)
    plain["when"]["all"][0]["is"] = "<"
    assert not holds(plain, right("wwww")), "under the least number"
    assert holds(plain, right("rrwww"))
    assert not holds(plain, right("rrrrw"))
    assert not holds(plain, right("wwwww" + "r" * 10)), "the old ones have left the window"
    sure = rule(measure="gold_accuracy", last=10, at_least=5, value=0.75)
    sure["when"]["all"][0]["is"] = "<"
    assert not holds(sure, right("rrrww")), "three of five right is no proof"
    assert holds(sure, right("rwwww"))


def condition(**fields: Any) -> dict[str, Any]:
    """A condition; ``over`` and ``under`` say how its value compares."""
    if "over" in fields:
        return {"is": ">", "value": fields.pop("over"), **fields}
    return {"is": "<", "value": fields.pop("under"), **fields}


@pytest.mark.parametrize(
    ("asked", "records", "expected"),
    [
        (
            condition(measure="fast_count", last=5, at_least=5, seconds=20, over=3),
            past(*({"seconds": s} for s in (3, 4, 90, 5, 6))),
            True,
        ),
        (
            condition(measure="fast_count", last=5, at_least=5, seconds=20, over=3),
            past(*({"seconds": s} for s in (3, 40, 90, 5, 6))),
            False,
        ),
        (condition(measure="skips_in_row", over=3), past({}, "skip", "skip", "skip", "skip"), True),
        (condition(measure="skips_in_row", over=3), past("skip", "skip", "skip", {}, "skip"), False),
        (
            condition(measure="consensus_agreement", last=10, at_least=10, under=0.6, certainty=0),
            past(*({"agrees": n < 5} for n in range(10))),
            True,
        ),
        (
            condition(measure="overruled_share", last=20, at_least=10, over=0.35, certainty=0),
            past(*({"is_overruled": n < 4} for n in range(10))),
            True,
        ),
        (condition(measure="answers", hours=24, over=4), past(*({} for _ in range(5))), True),
        (condition(measure="answers", hours=0.05, over=4), past(*({} for _ in range(5))), False),
        (condition(measure="same_label_run", last=6, over=5), past(*({"label_index": 1} for _ in range(6))), True),
        (
            condition(measure="same_label_run", last=6, over=5),
            past(*({"label_index": n % 5} for n in range(6))),
            False,
        ),
        (condition(measure="skip_share", last=20, at_least=10, over=0.5), past({}, *["skip"] * 11), True),
        (condition(measure="expiry_share", last=20, at_least=3, over=0.9), past({}, "expiry", "expiry"), False),
    ],
)
def test_what_the_measures_see(asked: dict[str, Any], records: list[Record], expected: bool) -> None:
    body = {"when": {"all": [asked]}, "then": {"action": "note"}}
    assert holds(body, records) is expected


def test_all_needs_every_condition_any_needs_one() -> None:
    conditions = [condition(measure="skips_in_row", over=1), condition(measure="answers", last=9, over=1)]
    records = past({}, "skip", "skip")
    assert not holds({"when": {"all": conditions}, "then": {"action": "note"}}, records)
    assert holds({"when": {"any": conditions}, "then": {"action": "note"}}, records)


def test_a_replay_uses_up_each_window() -> None:
    body = read_rule({"when": {"all": [condition(measure="skips_in_row", over=1)]}, "then": {"action": "note"}})
    fired = replay(body, past(*["skip"] * 5))
    assert [at for at, _ in fired] == [START + timedelta(minutes=1), START + timedelta(minutes=3)]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], ["/body"]),
        ({"when": {}, "then": {}}, ["/body/when", "/body/then/action"]),
        ({"when": {"all": []}, "then": {"action": "note"}}, ["/body/when/all"]),
        (
            {"when": {"any": [{"measure": "x", "is": "=", "value": "1", "colour": 1}]}, "then": {"action": "ban"}},
            [
                *("/body/when/any/0/colour", "/body/when/any/0/measure", "/body/when/any/0/is"),
                *("/body/when/any/0/value", "/body/when/any/0", "/body/then/action"),
            ],
        ),
        (rule("pause", measure="answers", **{"is": ">"}, value=4, hours=24), ["/body/then/for_hours"]),
        (rule("note", measure="answers", **{"is": ">"}, value=4, hours=24, for_hours=3), ["/body/then/for_hours"]),
        (rule("suspend", measure="skips_in_row", **{"is": ">"}, value=4), ["/body/when"]),
        (rule("suspend", measure="consensus_agreement", **{"is": "<"}, value=0.5, last=20), ["/body/when"]),
        (
            rule("suspend", measure="gold_accuracy", **{"is": "<"}, value=0.5, last=20, certainty=0.5),
            ["/body/when/all/0/certainty"],
        ),
        (rule(measure="fast_count", **{"is": ">"}, value=3, last=5), ["/body/when/all/0/seconds"]),
        (
            rule(measure="answers", **{"is": ">"}, value=True, last=2.5),
            ["/body/when/all/0/value", "/body/when/all/0/last"],
        ),
    ],
)
def test_what_cannot_be_read_is_named(body: Any, pointers: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_rule(body)
    assert [problem.pointer for problem in refusal.value.problems] == pointers


SKIPPER = {"when": {"all": [condition(measure="skips_in_row", over=1)]}, "then": {"action": "pause", "for_hours": 2}}


def skip(cast: Cast) -> None:
    held = cast.claim().assignment
    assert held is not None
    skip_assignment(assignment_uid=held.uid, worker=cast.worker, reason="unclear")


@pytest.mark.django_db
def test_a_rule_pauses_a_skipper_once_a_window() -> None:
    cast = make_cast(tasks=6)
    set_rule(project=cast.project, name="skips", body=SKIPPER, actor=cast.manager)
    skip(cast)
    assert RuleFiring.objects.count() == 0
    skip(cast)
    firing = RuleFiring.objects.get()
    assert (firing.number, firing.action, firing.evidence["conditions"][0]["value"]) == (1, "pause", 2)
    terms = WorkTerms.objects.get()
    assert terms.paused_until is not None
    assert timedelta(hours=1.9) < terms.paused_until - timezone.now() < timedelta(hours=2)
    assert apply_rules(project=cast.project, worker=cast.worker) == 0, "the window is used up"
    assert [event.kind for event in cast.project.events.order_by("-id")[:2]] == ["worker_paused", "rule_fired"]
    WorkTerms.objects.update(paused_until=None)
    skip(cast)
    assert RuleFiring.objects.count() == 1, "one skip since"
    skip(cast)
    assert sorted(RuleFiring.objects.values_list("number", flat=True)) == [1, 2]


@pytest.mark.django_db
def test_the_same_window_cannot_fire_twice() -> None:
    cast = make_cast(tasks=6)
    set_rule(project=cast.project, name="skips", body=SKIPPER, actor=cast.manager)
    skip(cast)
    skip(cast)
    firing = RuleFiring.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleFiring(
            rule=firing.rule,
            project=cast.project,
            worker=cast.worker,
            number=1,
            until=timezone.now(),
            action="pause",
            reason="again",
            evidence={},
            created_at=timezone.now(),
        ).save(force_insert=True)


@pytest.mark.django_db
def test_a_rule_on_gold_restricts_with_evidence_and_version() -> None:
    cast = make_cast(tasks=6)
    cast.gold(6, "positive")
    cast.configure(gold_rate=1.0)
    body = rule("restrict", for_hours=240, measure="gold_accuracy", last=10, at_least=2, value=0.75, certainty=0)
    body["when"]["all"][0]["is"] = "<"
    for _ in range(2):
        set_rule(project=cast.project, name="gold", body=body, actor=cast.manager)
    assert list(Rule.objects.order_by("version").values_list("version", "is_active")) == [(1, False), (2, True)]
    cast.answer(cast.worker, "negative")
    cast.answer(cast.worker, "negative")
    change = TrustChange.objects.get()
    assert (change.rule, change.rule_version, change.to_level) == ("rule: gold", 2, "restricted")
    assert change.evidence["conditions"][0]["of"] == 2
    assert change.expires_at is not None
    assert (change.expires_at - change.created_at).days == 10
    assert cast.enrolment().trust_level == TrustLevel.RESTRICTED


@pytest.mark.django_db
def test_a_rule_warns_without_changing_the_level() -> None:
    cast = make_cast(tasks=6)
    body = {"when": {"all": [condition(measure="answers", hours=24, over=1)]}, "then": {"action": "warn"}}
    set_rule(project=cast.project, name="slow down", body=body, actor=cast.manager)
    cast.answer(cast.worker)
    cast.answer(cast.worker)
    change = TrustChange.objects.get()
    assert (change.from_level, change.to_level, change.rule) == ("new", "new", "rule: slow down")


@pytest.mark.django_db
def test_a_retired_rule_fires_no_more(cast: Cast) -> None:
    body = {"when": {"all": [condition(measure="answers", last=9, over=0)]}, "then": {"action": "note"}}
    set_rule(project=cast.project, name="any", body=body, actor=cast.owner)
    retire_rule(project=cast.project, name="any", actor=cast.owner)
    retire_rule(project=cast.project, name="any", actor=cast.owner)
    cast.answer(cast.worker)
    assert RuleFiring.objects.count() == 0
    assert cast.project.events.filter(kind="rule_retired").count() == 1
    with pytest.raises(NotFound):
        retire_rule(project=cast.project, name="none", actor=cast.owner)


@pytest.mark.django_db
def test_a_preview_lists_whom_a_rule_would_have_hit_and_changes_nothing() -> None:
    cast = make_cast(tasks=4)
    for worker in cast.workers[:2]:
        cast.answer(worker)
    skip(cast)
    skip(cast)
    preview = preview_rule(project=cast.project, body=read_rule(SKIPPER), now=timezone.now(), days=30)
    assert preview.workers == 2
    assert [(hit.worker, hit.outcome) for hit in preview.hits] == [(cast.worker, "pause")]
    assert (RuleFiring.objects.count(), WorkTerms.objects.count()) == (0, 0)
    later = timezone.now() + timedelta(days=3)
    assert preview_rule(project=cast.project, body=read_rule(SKIPPER), now=later, days=1).hits == []


@pytest.mark.django_db
def test_a_preview_of_the_ladder_lists_each_rung() -> None:
    cast = make_cast(tasks=9)
    cast.gold(9, "positive")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.worker, "negative")
    now = timezone.now()
    as_is = preview_trust(project=cast.project, rule=TrustRule(), now=now, days=30)
    assert [hit.outcome for hit in as_is.hits] == ["warned"]
    harsh = TrustRule(good=0.95, alpha=0.2, restrict_alpha=0.4, warn_certainty=0.5, certainty=0.6)
    assert [hit.outcome for hit in preview_trust(project=cast.project, rule=harsh, now=now, days=30).hits] == [
        "warned",
        "restricted",
        "suspended",
    ]
    assert cast.enrolment().trust_level == TrustLevel.NEW
    assert Answer.objects.count() == 3
