"""Trust: decisions that rest on gold, one rung at a time, with their evidence."""

from __future__ import annotations

from random import Random

import pytest
from cast import Cast, make_cast

from crowd.enums import TrustLevel
from crowd.errors import WorkerSuspended
from crowd.models import Skill, TrustChange, WorkTerms
from crowd.policies.trust import GoldRecord, TrustRule, decide_peer_warning, decide_trust, gold_test, trust_bar

NEW, TRUSTED, RESTRICTED, SUSPENDED = TrustLevel.NEW, TrustLevel.TRUSTED, TrustLevel.RESTRICTED, TrustLevel.SUSPENDED


def climb(answers: str, *, n_labels: int = 3, level: TrustLevel = NEW) -> list[str]:
    """What happens, gold by gold, for golds answered right (r) or wrong (w): a level, "warned" or ""."""
    test, record, is_warned, steps = gold_test(n_labels), GoldRecord(), False, []
    for answer in answers:
        record = record.after(answer == "r", test)
        decision = decide_trust(level=level, is_warned=is_warned, record=record, n_labels=n_labels)
        if test.verdict(record.llr) == "good":
            is_warned = False
        if decision is None:
            steps.append("")
        elif decision.level == level:
            is_warned = True
            steps.append("warned")
        else:
            level = decision.level
            steps.append(str(level))
    return steps


def reached(answers: str, *, n_labels: int = 3, level: TrustLevel = NEW) -> list[str]:
    """The steps that were taken, without the golds at which nothing happened."""
    return [step for step in climb(answers, n_labels=n_labels, level=level) if step]


def test_two_wrong_answers_decide_nothing() -> None:
    assert climb("ww") == ["", ""]


def test_a_warning_comes_first_then_a_restriction_then_the_suspension() -> None:
    assert climb("wwwwww") == ["", "", "warned", "restricted", "suspended", ""]


def test_right_answers_in_a_row_make_trusted_once() -> None:
    assert reached("r" * 20) == ["trusted"]


def test_a_good_worker_with_some_errors_is_only_trusted() -> None:
    assert reached("rrrwrrrwrrwrrrrrrrr") == ["trusted"]


def test_a_trusted_worker_who_turns_bad_is_caught() -> None:
    assert reached("r" * 40 + "w" * 14, level=TRUSTED) == ["warned", "restricted", "suspended"]


def test_a_restricted_worker_who_does_well_is_trusted_again() -> None:
    assert reached("wwww" + "r" * 14) == ["warned", "restricted", "trusted"]


def test_few_labels_need_more_gold() -> None:
    assert reached("wwwww", n_labels=5)[-1] == "suspended"
    assert reached("wwwww", n_labels=2)[-1] == "restricted"


def test_gold_never_lifts_a_suspension() -> None:
    assert reached("r" * 60, level=SUSPENDED) == []


def test_gold_does_not_lift_a_restriction_that_something_else_imposed() -> None:
    record = GoldRecord(right=20, llr=gold_test(3).good_at)
    ask = {"level": RESTRICTED, "is_warned": False, "record": record, "n_labels": 3}
    assert decide_trust(**ask, may_lift=False) is None
    lifted = decide_trust(**ask)
    assert lifted is not None
    assert lifted.level == TRUSTED


def test_nothing_but_a_warning_without_certainty() -> None:
    # Three wrong of three: P(below the bar) is about .92, and the test is at 2.94 of the 4.6 it needs.
    record = GoldRecord(wrong=3, recent_wrong=3, llr=3.5)
    assert decide_trust(level=NEW, is_warned=True, record=record, n_labels=3) is None
    sure = decide_trust(level=NEW, is_warned=True, record=record, n_labels=3, rule=TrustRule(certainty=0.8))
    assert sure is not None
    assert (sure.level, sure.days) == (RESTRICTED, 7)


def test_the_bar_lies_three_quarters_of_the_way_from_guesser_to_good_worker() -> None:
    assert [trust_bar(2), trust_bar(3), trust_bar(5)] == pytest.approx([0.6875, 1 / 3 + 0.3125, 0.6125])


def test_peers_warn_once_on_enough_tasks_and_never_more() -> None:
    ask = {"is_warned": False, "agreed": 8.0, "differed": 22.0, "n_labels": 3}
    warning = decide_peer_warning(level=NEW, **ask)
    assert warning is not None
    assert (warning.level, warning.evidence["peer_agreed"]) == (NEW, 8.0)
    assert decide_peer_warning(level=NEW, **ask | {"is_warned": True}) is None
    assert decide_peer_warning(level=NEW, **ask | {"agreed": 3.0, "differed": 16.0}) is None
    assert decide_peer_warning(level=NEW, **ask | {"agreed": 21.0, "differed": 9.0}) is None
    assert decide_peer_warning(level=RESTRICTED, **ask) is None


def test_guessers_are_caught_and_honest_workers_kept() -> None:
    # The full table is benchmarks/bans.py; this is its last row in small.
    rng = Random(20261122)

    def suspended(accuracy: float, golds: int) -> float:
        rows = ["".join("r" if rng.random() < accuracy else "w" for _ in range(golds)) for _ in range(500)]
        return sum("suspended" in climb(row) for row in rows) / len(rows)

    assert suspended(1 / 3, golds=30) > 0.92
    assert suspended(0.75, golds=40) < 0.02


def fail_golds(cast: Cast) -> None:
    """Answer golds wrongly until the worker is suspended."""
    while cast.enrolment().trust_level != SUSPENDED:
        cast.answer(cast.worker, "negative")


@pytest.mark.django_db
def test_each_rung_is_recorded_with_its_evidence_and_a_suspension_stops_the_work() -> None:
    cast = make_cast(tasks=12)
    cast.gold(12, "positive")
    cast.configure(gold_rate=1.0)
    fail_golds(cast)
    with pytest.raises(WorkerSuspended):
        cast.claim()
    changes = list(TrustChange.objects.order_by("id"))
    assert [(change.from_level, change.to_level) for change in changes] == [
        (NEW, NEW),
        (NEW, RESTRICTED),
        (RESTRICTED, SUSPENDED),
    ]
    warning, restriction, suspension = changes
    assert {(change.rule, change.rule_version, change.actor) for change in changes} == {
        ("gold-sequential-test", 2, None)
    }
    assert warning.reason.startswith("warning: 3 of the last 3 gold answers wrong: accuracy under 0.65")
    assert (restriction.expires_at - restriction.created_at).days == 7
    assert suspension.expires_at is None
    assert (suspension.evidence["gold_right"], suspension.evidence["gold_wrong"]) == (0, 5)
    assert suspension.evidence["probability_below_bar"] > 0.95
    assert suspension.evidence["log_likelihood_ratio"] >= 4.59
    assert suspension.reason.startswith("5 of the last 5 gold answers wrong: accuracy under 0.65")
    kinds = ["worker_warned", "trust_changed", "trust_changed"]
    events = cast.project.events.filter(kind__in=kinds).order_by("id")
    assert [(event.kind, event.subject) for event in events] == list(
        zip(kinds, [change.uid for change in changes], strict=True)
    )


@pytest.mark.django_db
def test_a_cleared_worker_is_no_longer_warned() -> None:
    cast = make_cast(tasks=30)
    cast.gold(30, "positive")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.worker, "negative")
    assert WorkTerms.objects.get().is_warned
    while cast.enrolment().trust_level != TRUSTED:
        cast.answer(cast.worker, "positive")
    assert not WorkTerms.objects.get().is_warned
    assert Skill.objects.get().gold_wrong == 3
