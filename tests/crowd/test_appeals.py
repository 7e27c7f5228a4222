"""Appeals: in time, judged by another, and granted where nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import AppealState, EventKind, PayState
from crowd.errors import AppealExists, Conflict, InvalidInput, NotFound
from crowd.models import Answer, Appeal, BudgetShard, Event, PayReview
from crowd.queries.exactness import broken_promises
from crowd.services.appeals import SILENCE, appeal_rejection, decide_appeal, grant_unanswered
from crowd.services.pay_review import close_unappealed, reject_answer, reverse_rejection
from crowd.services.workers import worker_of_user

pytestmark = pytest.mark.django_db

PRICE = 20_000


@pytest.fixture
def cast() -> Cast:
    return make_cast(budget_micros=5 * PRICE)


@pytest.fixture
def answer(cast: Cast) -> Answer:
    answer = cast.answer(cast.worker).answer
    reject_answer(
        project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="random", evidence={"text": "abc"}
    )
    return answer


def appeal(cast: Cast, answer: Answer) -> Appeal:
    return appeal_rejection(worker=cast.worker, answer_uid=answer.uid, reason="I did read it")


def left(cast: Cast) -> int:
    assert not any(broken_promises(cast.project).values())
    return sum(shard.left_micros for shard in BudgetShard.objects.filter(project=cast.project))


def state(answer: Answer) -> str:
    return PayReview.objects.get(answer=answer).state


def test_an_appeal_is_opened_once_with_a_day_by_which_it_is_decided(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    assert (row.state, row.answer_by - row.opened_at, state(answer)) == ("open", timedelta(days=7), "appealed")
    assert appeal(cast, answer) == row
    assert close_unappealed(now=timezone.now() + timedelta(days=99)) == 0


def test_a_second_appeal_with_another_reason_is_refused_and_the_first_stands(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    with pytest.raises(AppealExists):
        appeal_rejection(worker=cast.worker, answer_uid=answer.uid, reason="the picture was broken")
    assert [(a.uid, a.reason) for a in Appeal.objects.all()] == [(row.uid, "I did read it")]


def test_a_granted_appeal_pays(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    for _ in range(2):
        decided = decide_appeal(
            project=cast.project, appeal_uid=row.uid, judge=cast.owner, is_granted=True, reason="it is fine"
        )
        assert (decided.state, decided.decided_by, state(answer)) == ("granted", cast.owner, PayState.APPROVED)
    assert Event.objects.filter(kind=EventKind.APPEAL_DECIDED).count() == 1
    assert left(cast) == 4 * PRICE


def test_a_denied_appeal_ends_the_matter_and_frees_the_budget(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    decide_appeal(project=cast.project, appeal_uid=row.uid, judge=cast.owner, is_granted=False, reason="see text")
    assert (state(answer), left(cast)) == (PayState.FINAL, 5 * PRICE)
    with pytest.raises(Conflict):
        decide_appeal(project=cast.project, appeal_uid=row.uid, judge=cast.owner, is_granted=True, reason="no")


def test_whoever_rejected_or_did_the_work_is_no_judge(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    for judge in (cast.manager, cast.worker.user):
        with pytest.raises(Conflict):
            decide_appeal(project=cast.project, appeal_uid=row.uid, judge=judge, is_granted=False, reason="no")
    assert state(answer) == PayState.APPEALED


def test_silence_decides_for_the_worker(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    assert grant_unanswered(now=row.answer_by) == 0
    assert grant_unanswered(now=row.answer_by + timedelta(seconds=1)) == 1
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decision) == (AppealState.GRANTED, None, SILENCE)
    assert (state(answer), left(cast)) == (PayState.APPROVED, 4 * PRICE)
    assert grant_unanswered(now=timezone.now() + timedelta(days=99)) == 0


def test_after_its_deadline_a_rejection_cannot_be_contested(cast: Cast, answer: Answer) -> None:
    PayReview.objects.update(appeal_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict):
        appeal(cast, answer)


def test_only_ones_own_rejection_and_with_a_reason(cast: Cast, answer: Answer) -> None:
    with pytest.raises(NotFound):
        appeal_rejection(worker=cast.workers[1], answer_uid=answer.uid, reason="mine")
    with pytest.raises(NotFound):
        appeal_rejection(worker=worker_of_user(cast.owner), answer_uid=answer.uid, reason="mine")
    with pytest.raises(InvalidInput):
        appeal_rejection(worker=cast.worker, answer_uid=answer.uid, reason=" ")
    paid = cast.answer(cast.worker).answer
    with pytest.raises(Conflict):
        appeal(cast, paid)


def test_a_rejecter_may_give_in_and_is_not_named_as_the_judge(cast: Cast, answer: Answer) -> None:
    row = appeal(cast, answer)
    reverse_rejection(project=cast.project, answer_uid=answer.uid, actor=cast.manager, reason="I was wrong")
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decision) == (AppealState.GRANTED, None, "I was wrong")
    assert Event.objects.get(kind=EventKind.PAY_REINSTATED).actor == cast.manager
