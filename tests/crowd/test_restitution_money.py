"""A corrected gold pays what was rejected because of it, and nothing besides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from past_answers import BAD, START, clock_at, few_golds

from crowd.models import Answer, Gold, PayReview, RestitutionLine, TrustChange
from crowd.queries.workers import ledger_balance_micros, payout_report
from crowd.services.pay_review import reject_answer
from crowd.services.restitution import correct_gold, work_off_restitution

pytestmark = pytest.mark.django_db
END = START + timedelta(days=3)


def test_pay_that_was_rejected_for_a_wrong_gold_is_paid_after_all() -> None:
    cast = few_golds("wwwwrrr")
    answers = list(Answer.objects.order_by("id"))
    suspension = TrustChange.objects.get(to_level="suspended")
    grounds: list[dict[str, Any]] = [{"missed": "a gold"}, {"decisions": [str(suspension.uid)]}, {"note": "copied"}]
    for answer, evidence in zip((answers[BAD], answers[5], answers[0]), grounds, strict=True):
        with clock_at(END - timedelta(days=2)):
            reject_answer(
                project=cast.project, answer_uid=answer.uid, actor=cast.owner, reason="careless", evidence=evidence
            )
    gold = Gold.objects.select_related("task").order_by("id")[BAD]
    with clock_at(END):
        row = correct_gold(
            project=cast.project, task_uid=gold.task.uid, labels=["positive"], reason="mislabelled", actor=cast.owner
        )
        work_off_restitution(restitution_id=row.pk)
    found = RestitutionLine.objects.filter(restitution=row, kind="rejection_reversed").order_by("id")
    assert [line.subject for line in found] == [answers[BAD].uid, answers[5].uid]
    assert [line.detail for line in found] == [{"is_paid": True, "amount_micros": 20_000}] * 2
    states = PayReview.objects.order_by("answer_id").values_list("state", flat=True)
    assert list(states) == ["rejected", *["pending"] * 3, "approved", "approved", "pending"]
    (owed,) = payout_report(cast.project)
    assert owed.micros == 6 * 20_000
    assert ledger_balance_micros(cast.project) == 0
