"""Trust: decisions that rest on gold, with their evidence."""

from __future__ import annotations

import pytest
from cast import make_cast

from crowd.enums import TrustLevel
from crowd.errors import WorkerSuspended
from crowd.models import TrustChange
from crowd.policies.trust import decide_trust, gold_test


def judge(answers: str, *, n_labels: int = 3, level: TrustLevel = TrustLevel.NEW) -> TrustLevel | None:
    """The level after golds answered right (r) or wrong (w), in this order."""
    test, llr, recent = gold_test(n_labels), 0.0, ""
    for answer in answers:
        llr = test.update(llr, answer == "r")
        recent = "" if test.verdict(llr) == "good" else recent + answer
    decision = decide_trust(
        level=level,
        right=answers.count("r"),
        wrong=answers.count("w"),
        recent_right=recent.count("r"),
        recent_wrong=recent.count("w"),
        llr=llr,
        n_labels=n_labels,
    )
    return None if decision is None else decision.level


def test_a_few_wrong_answers_decide_nothing() -> None:
    assert [judge("w"), judge("ww"), judge("www"), judge("")] == [None, None, None, None]


def test_wrong_answers_in_a_row_suspend() -> None:
    assert judge("wwwwww") == TrustLevel.SUSPENDED


def test_right_answers_in_a_row_make_trusted_once() -> None:
    assert judge("rrrrrr") == TrustLevel.TRUSTED
    assert judge("rrrrrr", level=TrustLevel.TRUSTED) is None


def test_a_good_worker_with_some_errors_is_not_suspended() -> None:
    assert judge("rrrwrrrwrrwrrrr") == TrustLevel.TRUSTED


def test_a_trusted_worker_who_turns_bad_is_caught() -> None:
    assert judge("r" * 40 + "w" * 12, level=TrustLevel.TRUSTED) == TrustLevel.SUSPENDED


def test_few_labels_need_more_gold() -> None:
    assert judge("wwwwww", n_labels=5) == TrustLevel.SUSPENDED
    assert judge("wwwwww", n_labels=2) is None


@pytest.mark.django_db
def test_a_suspension_is_recorded_with_its_evidence_and_stops_the_work() -> None:
    cast = make_cast(tasks=12)
    cast.gold(12, "positive")
    cast.configure(gold_rate=1.0)
    while cast.enrolment().trust_level == TrustLevel.NEW:
        cast.answer(cast.worker, "negative")
    with pytest.raises(WorkerSuspended):
        cast.claim()
    change = TrustChange.objects.get()
    assert (change.from_level, change.to_level) == (TrustLevel.NEW, TrustLevel.SUSPENDED)
    assert (change.rule, change.rule_version, change.actor) == ("gold-sequential-test", 1, None)
    assert change.evidence["gold_right"] == 0
    assert change.evidence["gold_wrong"] < 12
    assert change.evidence["probability_below_bar"] > 0.95
    assert change.evidence["log_likelihood_ratio"] >= 4.55
    n = change.evidence["gold_wrong"]
    assert change.reason.startswith(f"{n} of the last {n} gold answers wrong: accuracy under 0.54")
    assert cast.enrolment().trust_level == TrustLevel.SUSPENDED
    assert cast.project.events.get(kind="trust_changed").subject == change.uid
