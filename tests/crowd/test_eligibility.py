"""Who may claim: qualification, language, trust level, pauses, caps, daily limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import TrustLevel, WorkerKind
from crowd.errors import InvalidInput, NotEligible
from crowd.models import Answer, Enrolment, User, WorkTerms
from crowd.policies.eligibility import RESTRICTED_DAILY, Facts, daily_limit, find_refusal
from crowd.policies.gold import gold_probability, spread_over_labels
from crowd.queries.eligibility import eligibility_facts
from crowd.services.eligibility import Asked, set_requirements
from crowd.services.workers import NewWorker, add_workers

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def refused(**facts: Any) -> str | None:
    refusal = find_refusal(replace(Facts(now=NOON, trust_level=TrustLevel.NEW), **facts))
    return None if refusal is None else refusal.code


def test_nothing_asked_refuses_nobody() -> None:
    assert refused() is None


def test_each_thing_that_is_asked() -> None:
    hour = timedelta(hours=1)
    assert refused(paused_until=NOON + hour, pause_reason="skips") == "paused"
    assert refused(paused_until=NOON - hour) is None
    assert refused(languages=("de",), spoken=("en",)) == "language"
    assert refused(languages=("de", "fr"), spoken=("DE-at",)) is None
    assert refused(languages=("de", "fr"), spoken=("en", "fr-CA")) is None
    assert refused(trust_levels=("trusted",)) == "trust_level"
    assert refused(trust_levels=("trusted", "new")) is None
    assert refused(is_qualified=False, course_name="German") == "qualification"
    assert refused(is_qualified=True) is None
    assert refused(max_answers=5, has_reached_cap=True) == "answer_cap"
    assert refused(daily_answers=5, has_reached_daily=True) == "daily_limit"


def test_a_restricted_worker_has_a_daily_limit_in_any_case() -> None:
    assert daily_limit(daily_answers=None, trust_level=TrustLevel.NEW) is None
    assert daily_limit(daily_answers=None, trust_level=TrustLevel.RESTRICTED) == RESTRICTED_DAILY
    assert daily_limit(daily_answers=9, trust_level=TrustLevel.RESTRICTED) == 9


def test_a_restricted_worker_meets_gold_as_often_as_anybody_may() -> None:
    assert gold_probability(rate=0.05, right=90, wrong=10, is_restricted=True) == 0.5
    assert gold_probability(rate=0.0, right=9, wrong=1, is_restricted=True) == 0.0


def test_golds_come_in_the_proportion_of_their_labels_all_along() -> None:
    labels = ["a"] * 40 + ["b"] * 40 + ["c"] * 20
    places = spread_over_labels(labels, Random(3))
    order = [label for _, label in sorted(zip(places, labels, strict=True))]
    for end in range(10, 101, 10):
        seen = Counter(order[:end])
        assert abs(seen["a"] - 0.4 * end) <= 1
        assert abs(seen["c"] - 0.2 * end) <= 1
    assert all(0 <= place < 1 for place in places)
    assert spread_over_labels(labels, Random(4)) != places


def ask(cast: Cast, **asked: Any) -> None:
    set_requirements(project=cast.project, asked=Asked(**asked), actor=cast.owner)


def codes(cast: Cast) -> list[str]:
    with pytest.raises(NotEligible) as refusal:
        cast.claim()
    return [problem.pointer for problem in refusal.value.problems]


@pytest.mark.django_db
def test_a_claim_is_refused_in_another_language(cast: Cast) -> None:
    ask(cast, languages=("de",))
    assert codes(cast) == ["/language"]
    User.objects.filter(worker=cast.worker).update(language="de-AT")
    assert cast.claim().state == "assigned"


@pytest.mark.django_db
def test_languages_and_limits_are_asked_of_people_only(cast: Cast) -> None:
    ask(cast, languages=("de",), max_answers=1, daily_answers=1)
    (model,) = add_workers(
        project=cast.project, workers=[NewWorker(name="m", kind=WorkerKind.LLM, model={"name": "m1"})], actor=cast.owner
    )
    cast.answer(model.worker)
    assert cast.claim(model.worker).state == "assigned"


@pytest.mark.django_db
def test_a_cap_counts_all_answers_and_a_limit_those_of_the_day() -> None:
    cast = make_cast(tasks=6)
    ask(cast, max_answers=3, daily_answers=2)
    for _ in range(2):
        cast.answer(cast.worker)
    assert codes(cast) == ["/daily_limit"]
    tomorrow = timezone.now() + timedelta(days=1)
    assert not eligibility_facts(cast.enrolment(), tomorrow).has_reached_daily
    ask(cast, max_answers=3)
    cast.answer(cast.worker)
    assert codes(cast) == ["/answer_cap"]
    assert cast.claim(cast.workers[1]).state == "assigned"


@pytest.mark.django_db
def test_the_facts_cost_as_many_queries_for_a_veteran(cast: Cast, django_assert_num_queries: Any) -> None:
    ask(cast, max_answers=2, daily_answers=1, languages=("en",))
    cast.answer(cast.worker)
    for worker in cast.workers[:2]:
        enrolment = cast.enrolment(worker)
        with django_assert_num_queries(3):
            eligibility_facts(enrolment, timezone.now())


@pytest.mark.django_db
def test_a_paused_worker_waits(cast: Cast) -> None:
    later = timezone.now() + timedelta(hours=1)
    WorkTerms.objects.create(enrolment=cast.enrolment(), paused_until=later, pause_reason="five skips in a row")
    assert codes(cast) == ["/paused"]
    WorkTerms.objects.update(paused_until=timezone.now())
    assert cast.claim().state == "assigned"


@pytest.mark.django_db
def test_a_trust_level_can_be_asked_for(cast: Cast) -> None:
    ask(cast, trust_levels=(TrustLevel.TRUSTED,))
    assert codes(cast) == ["/trust_level"]
    Enrolment.objects.filter(worker=cast.worker).update(trust_level=TrustLevel.TRUSTED)
    assert cast.claim().state == "assigned"


@pytest.mark.django_db
def test_what_is_held_can_still_be_finished(cast: Cast) -> None:
    held = cast.claim().assignment
    ask(cast, languages=("de",))
    again = cast.claim().assignment
    assert held is not None
    assert again is not None
    assert again.uid == held.uid
    assert Answer.objects.count() == 0


@pytest.mark.django_db
def test_nonsense_is_refused_whole(cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ask(
            cast,
            course="00000000-0000-4000-8000-000000000000",
            languages=("de", "1"),
            trust_levels=(TrustLevel.SUSPENDED,),
            max_answers=0,
            daily_answers=20_000,
        )
    pointers = [problem.pointer for problem in refusal.value.problems]
    assert pointers == ["/course", "/languages/1", "/trust_levels/0", "/max_answers", "/daily_answers"]
