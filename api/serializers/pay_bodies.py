"""Pay: reviews, appeals, terms, prices, bonuses, a worker's own; what goes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput, money
from api.serializers.reports import WorkerOutput, worker_body
from crowd.enums import AppealState, PayState, SurplusPay
from crowd.models import Appeal, Bonus, PayReview, PriceRule, Project, TrustAppeal
from crowd.policies.pay import Terms
from crowd.queries.prices import PricePreview
from crowd.services.bonuses import BonusesPaid
from crowd.times import zulu, zulu_or_none


class ReviewOutput(serializers.Serializer[Any]):
    """How the pay of an answer stands, for managers."""

    answer = serializers.UUIDField()
    task_key = serializers.CharField()
    worker = WorkerOutput()
    state = serializers.ChoiceField(PayState.choices)
    amount = MoneyOutput()
    due_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    is_by_silence = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    evidence = serializers.DictField()
    appeal_until = serializers.DateTimeField(allow_null=True)


def review_body(row: PayReview) -> dict[str, Any]:
    """One review."""
    is_decided = row.decided_at is not None
    return {
        "answer": str(row.answer.uid),
        "task_key": row.answer.task.key,
        "worker": worker_body(row.worker),
        "state": row.state,
        "amount": money(row.amount_micros, row.project.currency),
        "due_at": zulu(row.due_at),
        "decided_at": zulu_or_none(row.decided_at),
        "is_by_silence": is_decided and row.decided_by_id is None,
        "reason": row.reason,
        "evidence": row.evidence,
        "appeal_until": zulu_or_none(row.appeal_until),
    }


class ChangedOutput(serializers.Serializer[Any]):
    """How many answers a call moved."""

    changed = serializers.IntegerField(min_value=0)


class AppealOutput(serializers.Serializer[Any]):
    """An appeal as its worker sees it."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(AppealState.choices)
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    decision = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)


def appeal_body(row: Appeal | TrustAppeal) -> dict[str, Any]:
    """An appeal."""
    return {
        "id": str(row.uid),
        "state": row.state,
        "reason": row.reason,
        "opened_at": zulu(row.opened_at),
        "answer_by": zulu(row.answer_by),
        "decision": row.decision,
        "decided_at": zulu_or_none(row.decided_at),
    }


class RejectionOutput(serializers.Serializer[Any]):
    """A rejection as its worker sees it."""

    answer = serializers.UUIDField()
    project = serializers.UUIDField()
    payload = serializers.DictField()
    value = serializers.JSONField()
    amount = MoneyOutput()
    state = serializers.ChoiceField(PayState.choices)
    reason = serializers.CharField()
    evidence = serializers.DictField()
    appeal_until = serializers.DateTimeField(allow_null=True)
    appeal = AppealOutput(allow_null=True)


def rejection_body(row: PayReview) -> dict[str, Any]:
    """A rejection, for its worker; the newest appeal belongs to it where it is of the same round."""
    appeal = next((one for one in row.appeals.all() if one.round == row.round), None)
    return {
        "answer": str(row.answer.uid),
        "project": str(row.project.uid),
        "payload": row.answer.task.payload,
        "value": row.answer.value,
        "amount": money(row.amount_micros, row.project.currency),
        "state": row.state,
        "reason": row.reason,
        "evidence": row.evidence,
        "appeal_until": zulu_or_none(row.appeal_until),
        "appeal": None if appeal is None else appeal_body(appeal),
    }


class CaseOutput(AppealOutput):
    """An appeal for its judge: the work, the grounds and the worker's words, without any name."""

    payload = serializers.DictField()
    value = serializers.JSONField()
    rejection_reason = serializers.CharField()
    evidence = serializers.DictField()


def case_body(row: Appeal) -> dict[str, Any]:
    """An appeal, for its judge."""
    review = row.review
    return appeal_body(row) | {
        "payload": review.answer.task.payload,
        "value": review.answer.value,
        "rejection_reason": review.reason,
        "evidence": review.evidence,
    }


class PayTermsOutput(serializers.Serializer[Any]):
    """Periods and policies of pay."""

    review_days = serializers.IntegerField()
    appeal_days = serializers.IntegerField()
    judge_days = serializers.IntegerField()
    surplus = serializers.ChoiceField(SurplusPay.choices)


def terms_body(terms: Terms) -> dict[str, Any]:
    """The terms that hold."""
    return {
        "review_days": terms.review_days,
        "appeal_days": terms.appeal_days,
        "judge_days": terms.judge_days,
        "surplus": str(terms.surplus),
    }


class PriceRuleOutput(serializers.Serializer[Any]):
    """One version of a price rule."""

    version = serializers.IntegerField()
    base = MoneyOutput()
    factors = serializers.ListField(child=serializers.DictField())
    created_at = serializers.DateTimeField()


def price_rule_body(row: PriceRule, project: Project) -> dict[str, Any]:
    """One version."""
    return {
        "version": row.version,
        "base": money(row.body["base_micros"], project.currency),
        "factors": row.body["factors"],
        "created_at": zulu(row.created_at),
    }


class PriceRangeOutput(serializers.Serializer[Any]):
    """What tasks cost a worker of a level."""

    level = serializers.CharField()
    low = MoneyOutput()
    mean = MoneyOutput()
    high = MoneyOutput()


class PricePreviewOutput(serializers.Serializer[Any]):
    """What a rule would do; nothing is set."""

    tasks = serializers.IntegerField()
    ranges = PriceRangeOutput(many=True)
    golds_without_a_field = serializers.IntegerField()


def price_preview_body(preview: PricePreview, project: Project) -> dict[str, Any]:
    """What a rule would do."""
    return {
        "tasks": preview.tasks,
        "ranges": [
            {
                "level": one.level,
                "low": money(one.low_micros, project.currency),
                "mean": money(round(one.mean_micros), project.currency),
                "high": money(one.high_micros, project.currency),
            }
            for one in preview.ranges
        ],
        "golds_without_a_field": preview.golds_without_a_field,
    }


class BonusOutput(serializers.Serializer[Any]):
    """A bonus as it was paid."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    worker = serializers.UUIDField()
    amount = MoneyOutput()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


def bonus_body(row: Bonus, project: Project) -> dict[str, Any]:
    """A bonus."""
    return {
        "id": str(row.uid),
        "key": row.key,
        "worker": str(row.worker.uid),
        "amount": money(row.amount_micros, project.currency),
        "reason": row.reason,
        "created_at": zulu(row.created_at),
    }


class BonusesOutput(serializers.Serializer[Any]):
    """What a file of bonuses paid, or would pay."""

    is_dry_run = serializers.BooleanField()
    paid = serializers.IntegerField()
    amount = MoneyOutput()
    paid_before = serializers.IntegerField()
    is_covered = serializers.BooleanField()


def bonuses_body(paid: BonusesPaid, project: Project) -> dict[str, Any]:
    """What a file of bonuses paid."""
    return {
        "is_dry_run": paid.is_dry_run,
        "paid": paid.paid,
        "amount": money(paid.paid_micros, project.currency),
        "paid_before": paid.paid_before,
        "is_covered": paid.is_covered,
    }


class BudgetOutput(serializers.Serializer[Any]):
    """The budget as it is now."""

    budget = MoneyOutput()
