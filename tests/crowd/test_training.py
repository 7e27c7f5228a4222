"""Training tells at once, exams tell nothing, end early, are paid, can be retaken after a pause, and run out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cast import Cast, make_cast
from courses import RIGHT, WRONG, answered, make_course, take
from django.db.models import Sum
from django.utils import timezone

from crowd.enums import AttemptState, CoursePart, CoursePay, TrustLevel
from crowd.errors import (
    AlreadySubmitted,
    Conflict,
    InvalidAnswer,
    InvalidInput,
    NotEligible,
    NotFound,
    StaleLease,
    WorkerSuspended,
)
from crowd.models import Attempt, BudgetShard, Enrolment, Qualification, Step
from crowd.policies.training import LOOK_EVERY, Past, find_obstacle, judge_exam
from crowd.queries.courses import course_report, courses_for
from crowd.queries.workers import ledger_balance_micros, payout_report
from crowd.services.eligibility import Asked, set_requirements
from crowd.services.training import answer_step, close_idle, start_attempt
from quality.skill.gold import GoldTest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEST = GoldTest(good=0.85, bad=0.6, alpha=0.1, beta=0.05)


def test_an_exam_is_looked_at_after_every_third_answer_only() -> None:
    states = [judge_exam(TEST, llr=TEST.bad_at, answered=n, is_last=False) for n in range(1, LOOK_EVERY + 1)]
    assert states == [AttemptState.RUNNING, AttemptState.RUNNING, AttemptState.FAILED]
    assert judge_exam(TEST, llr=TEST.good_at, answered=9, is_last=False) == AttemptState.PASSED


def test_undecided_at_the_last_item_the_likelier_wins() -> None:
    assert judge_exam(TEST, llr=-0.1, answered=10, is_last=True) == AttemptState.PASSED
    assert judge_exam(TEST, llr=0.1, answered=10, is_last=True) == AttemptState.FAILED


def obstacle(*states: AttemptState, hours: float = 30, **changes: Any) -> bool:
    past = [Past(part=CoursePart.EXAM, state=state, ended_at=NOON - timedelta(hours=hours)) for state in states]
    ask: dict[str, Any] = {
        "part": CoursePart.EXAM,
        "now": NOON,
        "past": past,
        "has_training": False,
        "is_qualified": False,
        "max_attempts": 2,
        "retry_after_seconds": 24 * 3600,
    }
    return find_obstacle(**ask | changes) is not None


def test_when_an_exam_can_be_taken() -> None:
    assert not obstacle()
    assert obstacle(has_training=True), "training comes first"
    assert obstacle(AttemptState.FAILED, hours=23), "a pause after a failure"
    assert not obstacle(AttemptState.FAILED)
    assert obstacle(AttemptState.FAILED, AttemptState.ABANDONED), "no more attempts"
    assert obstacle(AttemptState.PASSED, is_qualified=True)
    assert not obstacle(AttemptState.FAILED, AttemptState.PASSED, AttemptState.FAILED), "the count began anew"


@pytest.mark.django_db
def test_training_tells_at_once_what_was_right(cast: Cast) -> None:
    course = make_course(cast, training=2)
    begun = start_attempt(course_uid=course.uid, worker=cast.worker, part=CoursePart.TRAINING)
    assert begun.step is not None
    assert begun.feedback is None
    first = answer_step(step_uid=begun.step.uid, worker=cast.worker, value=WRONG)
    assert first.feedback is not None
    assert (first.feedback.is_right, first.feedback.labels, first.feedback.reason) == (False, [RIGHT], "a warm word")
    assert first.step is not None
    last = answer_step(step_uid=first.step.uid, worker=cast.worker, value=RIGHT)
    assert (last.attempt.state, last.step) == (AttemptState.PASSED, None)
    assert Qualification.objects.count() == 0, "training qualifies nobody"


@pytest.mark.django_db
def test_an_exam_tells_nothing_until_it_is_over(cast: Cast) -> None:
    course = make_course(cast)
    progress = take(course, cast.worker, "rr")
    assert (progress.attempt.state, progress.feedback) == (AttemptState.RUNNING, None)


@pytest.mark.django_db
def test_an_exam_ends_early_when_it_is_clear_either_way(cast: Cast) -> None:
    course = make_course(cast)
    good, bad = cast.workers[:2]
    assert take(course, good, "r" * 30).attempt.state == AttemptState.PASSED
    assert take(course, bad, "w" * 30).attempt.state == AttemptState.FAILED
    assert (answered(good), answered(bad)) == (9, 3)
    qualification = Qualification.objects.get()
    assert (qualification.worker, qualification.expires_at) == (good, None)


@pytest.mark.django_db
def test_an_exam_ends_with_its_items(cast: Cast) -> None:
    course = make_course(cast, exam=4)
    assert take(course, cast.worker, "rrwr").attempt.state == AttemptState.PASSED
    assert answered(cast.worker) == 4


@pytest.mark.django_db
def test_a_failed_exam_is_retaken_after_a_pause_with_other_items(cast: Cast) -> None:
    course = make_course(cast, exam=6)
    take(course, cast.worker, "www")
    with pytest.raises(Conflict, match="again from"):
        take(course, cast.worker, "r")
    Attempt.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    take(course, cast.worker, "www")
    assert Step.objects.values("item").distinct().count() == 6
    Attempt.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    take(course, cast.worker, "www")
    with pytest.raises(Conflict, match="used them all"):
        take(course, cast.worker, "r")


@pytest.mark.django_db
def test_a_qualification_gates_claims_until_it_expires(cast: Cast) -> None:
    course = make_course(cast, valid_days=30)
    set_requirements(project=cast.project, asked=Asked(course=str(course.uid)), actor=cast.owner)
    with pytest.raises(NotEligible, match="'Basics'"):
        cast.claim()
    take(course, cast.worker, "r" * 30)
    held = cast.claim()
    assert held.assignment is not None
    cast.answer(cast.worker)
    Qualification.objects.update(expires_at=timezone.now())
    with pytest.raises(NotEligible):
        cast.claim()
    take(course, cast.worker, "r" * 30)
    assert cast.claim().state == "assigned"


def budget_left(cast: Cast) -> int:
    left: int = BudgetShard.objects.filter(project=cast.project).aggregate(left=Sum("left_micros"))["left"]
    return left


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pay", "answers", "paid"),
    [
        (CoursePay.EVERY_ITEM, "w" * 30, 3),
        (CoursePay.EVERY_ITEM, "r" * 30, 9),
        (CoursePay.WHEN_PASSED, "w" * 30, 0),
        (CoursePay.WHEN_PASSED, "r" * 30, 9),
        (CoursePay.NOTHING, "r" * 30, 0),
    ],
)
def test_an_exam_is_paid_as_the_course_says(pay: CoursePay, answers: str, paid: int) -> None:
    cast = make_cast(budget_micros=1_000_000)
    course = make_course(cast, pay=pay, exam_price_micros=5_000)
    take(course, cast.worker, answers)
    assert sum(line.micros for line in payout_report(cast.project)) == paid * 5_000
    assert budget_left(cast) == 1_000_000 - paid * 5_000
    assert ledger_balance_micros(cast.project) == 0


@pytest.mark.django_db
def test_without_budget_the_answer_is_kept_and_the_exam_goes_on_later() -> None:
    cast = make_cast(budget_micros=10_000)
    course = make_course(cast, exam_price_micros=5_000)
    progress = take(course, cast.worker, "rr")
    assert (progress.attempt.state, progress.step, answered(cast.worker)) == (AttemptState.RUNNING, None, 2)
    BudgetShard.objects.filter(project=cast.project).update(left_micros=50_000)
    assert take(course, cast.worker, "r" * 30).attempt.state == AttemptState.PASSED


@pytest.mark.django_db
def test_an_attempt_left_alone_is_closed_and_paid_for_what_was_done() -> None:
    cast = make_cast(budget_micros=1_000_000)
    course = make_course(cast, exam_price_micros=5_000)
    progress = take(course, cast.worker, "rr")
    assert progress.step is not None
    assert close_idle() == 0
    assert close_idle(now=timezone.now() + timedelta(hours=25)) == 1
    assert (Attempt.objects.get().state, budget_left(cast)) == (AttemptState.ABANDONED, 990_000)
    with pytest.raises(StaleLease):
        answer_step(step_uid=progress.step.uid, worker=cast.worker, value=RIGHT)


@pytest.mark.django_db
def test_the_same_answer_again_replays_another_is_refused(cast: Cast) -> None:
    course = make_course(cast)
    step = take(course, cast.worker, "").step
    assert step is not None
    following = answer_step(step_uid=step.uid, worker=cast.worker, value=RIGHT).step
    again = answer_step(step_uid=step.uid, worker=cast.worker, value=RIGHT)
    assert again.is_replay
    assert again.step == following
    assert answered(cast.worker) == 1
    with pytest.raises(AlreadySubmitted):
        answer_step(step_uid=step.uid, worker=cast.worker, value=WRONG)
    with pytest.raises(InvalidAnswer):
        answer_step(step_uid=step.uid, worker=cast.worker, value="purple")
    with pytest.raises(NotFound):
        answer_step(step_uid=step.uid, worker=cast.workers[1], value=RIGHT)


@pytest.mark.django_db
def test_who_may_not_begin(cast: Cast) -> None:
    course = make_course(cast, training=1)
    stranger = make_cast().worker
    with pytest.raises(NotFound):
        start_attempt(course_uid=course.uid, worker=stranger, part=CoursePart.TRAINING)
    with pytest.raises(NotFound):
        start_attempt(course_uid=uuid.uuid4(), worker=cast.worker, part=CoursePart.TRAINING)
    start_attempt(course_uid=course.uid, worker=cast.worker, part=CoursePart.TRAINING)
    with pytest.raises(Conflict, match="under way"):
        start_attempt(course_uid=course.uid, worker=cast.worker, part=CoursePart.EXAM)
    Enrolment.objects.filter(worker=cast.worker).update(trust_level=TrustLevel.SUSPENDED)
    with pytest.raises(WorkerSuspended):
        start_attempt(course_uid=course.uid, worker=cast.worker, part=CoursePart.TRAINING)


@pytest.mark.django_db
def test_what_a_course_must_be(cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make_course(cast, exam=2, good_accuracy=0.5, max_items=1)
    assert [problem.pointer for problem in refusal.value.problems] == ["/good_accuracy", "/exam", "/max_items"]
    make_course(cast)
    with pytest.raises(Conflict):
        make_course(cast)


@pytest.mark.django_db
def test_reports_for_workers_and_managers(cast: Cast) -> None:
    course = make_course(cast, training=1)
    offer = courses_for(cast.worker, timezone.now())[0]
    assert (offer.course, offer.has_training, offer.qualification) == (course, True, None)
    assert offer.obstacle is not None
    for worker, answers in zip(cast.workers[:2], ("r" * 30, "w" * 30), strict=True):
        take(course, worker, "r", CoursePart.TRAINING)
        take(course, worker, answers)
    line = course_report(cast.project, timezone.now())[0]
    assert (line.training_items, line.exam_items) == (1, 30)
    assert (line.passed, line.failed, line.abandoned, line.qualified) == (1, 1, 0, 1)
