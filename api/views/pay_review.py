"""Managers decide about pay: reviews, appeals, terms, prices, bonuses, the budget."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import page_body
from api.serializers.lists import list_of, page_of
from api.serializers.money import money
from api.serializers.pay import (
    AppealDecisionInput,
    ApproveManyInput,
    BonusesCsvInput,
    BonusInput,
    BudgetInput,
    GroundsInput,
    PayTermsInput,
    PriceRuleInput,
    RejectionInput,
    RejectManyInput,
    ReviewsInput,
    in_currency,
)
from api.serializers.pay_bodies import (
    AppealOutput,
    BonusesOutput,
    BonusOutput,
    BudgetOutput,
    CaseOutput,
    ChangedOutput,
    PayTermsOutput,
    PricePreviewOutput,
    PriceRuleOutput,
    ReviewOutput,
    appeal_body,
    bonus_body,
    bonuses_body,
    case_body,
    price_preview_body,
    price_rule_body,
    review_body,
    terms_body,
)
from api.views.base import AssayView, PostView, etag_of, plain_query
from crowd.models import Project
from crowd.queries.pay import open_appeals, reviews_of
from crowd.queries.prices import preview_price, price_rules_of
from crowd.services.appeals import decide_appeal
from crowd.services.bonuses import pay_bonus, pay_bonuses_csv
from crowd.services.budgets import add_to_budget
from crowd.services.idempotency import Outcome
from crowd.services.pay_review import approve_answer, approve_many, reject_answer, reject_many, reverse_rejection
from crowd.services.pay_terms import set_pay_terms, terms_of
from crowd.services.prices import check_body, set_price_rule

APPEALS = 100


class ReviewsView(AssayView):
    """The pay of answers."""

    query_serializer = ReviewsInput
    replies = {"GET": {200: page_of(ReviewOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """How each stands, in the order of the answers; ``state`` narrows it."""
        row = self.project(request, project)
        asked = ReviewsInput(data=plain_query(request))
        asked.is_valid(raise_exception=True)
        rows = reviews_of(row, asked.validated_data.get("state")).select_related("project")
        return Response(page_body(rows, request, asked.validated_data, review_body))


class ApproveManyView(PostView):
    """Approval in bulk."""

    input_serializer = ApproveManyInput
    replies = {"POST": {200: ChangedOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Approve pending pay, at most 2,000 answers a call; decided ones and the caller's own are passed over."""
        row, body = self.project(request, project), self.parsed(request)
        changed = approve_many(
            project=row,
            actor=self.user(request),
            answer_uids=body.get("answers"),
            until=body.get("until", timezone.now()),
        )
        return Outcome(200, {"changed": changed})


class RejectManyView(PostView):
    """Rejection in bulk."""

    input_serializer = RejectManyInput
    replies = {"POST": {200: ChangedOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Reject answers, each with its reason and evidence, all or none."""
        row, body = self.project(request, project), self.parsed(request)
        rejections = [(one["answer"], one["reason"], dict(one["evidence"])) for one in body["rejections"]]
        changed = reject_many(project=row, actor=self.user(request), rejections=rejections)
        return Outcome(200, {"changed": changed})


class ApproveView(PostView):
    """One answer's approval."""

    replies = {"POST": {200: ReviewOutput}}

    def act(self, request: Request, *, project: uuid.UUID, answer: uuid.UUID, **kwargs: Any) -> Outcome:
        """Approve its pay, for good."""
        row = self.project(request, project)
        return Outcome(200, review_body(approve_answer(project=row, answer_uid=answer, actor=self.user(request))))


class RejectView(PostView):
    """One answer's rejection."""

    input_serializer = RejectionInput
    replies = {"POST": {200: ReviewOutput}}

    def act(self, request: Request, *, project: uuid.UUID, answer: uuid.UUID, **kwargs: Any) -> Outcome:
        """Reject its pay with reason and evidence, which the worker is shown and may contest."""
        row, body = self.project(request, project), self.parsed(request)
        review = reject_answer(
            project=row,
            answer_uid=answer,
            actor=self.user(request),
            reason=body["reason"],
            evidence=dict(body["evidence"]),
        )
        return Outcome(200, review_body(review))


class ReinstateView(PostView):
    """One answer's reinstatement."""

    input_serializer = GroundsInput
    replies = {"POST": {200: ReviewOutput}}

    def act(self, request: Request, *, project: uuid.UUID, answer: uuid.UUID, **kwargs: Any) -> Outcome:
        """Reverse its rejection and pay it after all."""
        row, reason = self.project(request, project), self.parsed(request)["reason"]
        review = reverse_rejection(project=row, answer_uid=answer, actor=self.user(request), reason=reason)
        return Outcome(200, review_body(review))


class AppealsView(AssayView):
    """The appeals that wait."""

    replies = {"GET": {200: list_of(CaseOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The first hundred that the caller may judge, due first, without names."""
        row = self.project(request, project)
        return Response({"results": [case_body(one) for one in open_appeals(row, self.user(request))[:APPEALS]]})


class DecideAppealView(PostView):
    """A judgement of an appeal."""

    input_serializer = AppealDecisionInput
    replies = {"POST": {200: AppealOutput}}

    def act(self, request: Request, *, project: uuid.UUID, appeal: uuid.UUID, **kwargs: Any) -> Outcome:
        """Grant it, which pays the answer, or deny it, which ends the matter."""
        row, body = self.project(request, project), self.parsed(request)
        decided = decide_appeal(project=row, appeal_uid=appeal, judge=self.user(request), **body)
        return Outcome(200, appeal_body(decided))


class TermsView(PostView):
    """Periods and policies of pay."""

    input_serializer = PayTermsInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: PayTermsOutput}, "POST": {200: PayTermsOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """What holds for answers to come."""
        body = terms_body(terms_of(self.project(request, project)))
        return Response(body, headers=etag_of(body))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Replace them; deadlines that run already stay."""
        row = self.project(request, project)
        serializer = PayTermsInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        terms = serializer.terms()
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: terms_body(terms_of(row))):
            set_pay_terms(project=row, terms=terms, actor=self.user(request))
        return Outcome(200, terms_body(terms), headers=etag_of(terms_body(terms)))


class PriceRulesView(PostView):
    """What a task costs."""

    input_serializer = PriceRuleInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: list_of(PriceRuleOutput)}, "POST": {201: PriceRuleOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Every version of the price rule, the newest first; it is the one that quotes."""
        rules = _price_rules(self.project(request, project))
        return Response({"results": rules}, headers=etag_of(rules))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Keep a rule: the next version, for claims to come; quoted prices stay."""
        row = self.project(request, project)
        serializer = PriceRuleInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: _price_rules(row)):
            rule = set_price_rule(project=row, body=serializer.body_for(row), actor=self.user(request))
        return Outcome(201, price_rule_body(rule, row), headers=etag_of(_price_rules(row)))


class PricePreviewView(PostView):
    """A price rule, tried on the tasks."""

    input_serializer = PriceRuleInput
    replies = {"POST": {200: PricePreviewOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """What at most a thousand of the tasks would cost at each trust level; nothing is set."""
        row = self.project(request, project)
        serializer = PriceRuleInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = serializer.body_for(row)
        check_body(body)
        return Outcome(200, price_preview_body(preview_price(row, body), row))


class BonusesView(PostView):
    """A bonus."""

    input_serializer = BonusInput
    replies = {"POST": {201: BonusOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Pay one with its reason; the same key again pays nothing more."""
        row, body = self.project(request, project), self.parsed(request)
        bonus = pay_bonus(
            project=row,
            key=body["key"],
            worker_uid=body["worker"],
            amount_micros=in_currency(body["amount"], row, "/amount/currency"),
            reason=body["reason"],
            actor=self.user(request),
        )
        return Outcome(201, bonus_body(bonus, row))


class BonusesCsvView(PostView):
    """Bonuses from a file."""

    input_serializer = BonusesCsvInput
    replies = {"POST": {200: BonusesOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Pay a CSV of them, all or none; with ``is_dry_run`` everything is checked and nothing paid."""
        row, body = self.project(request, project), self.parsed(request)
        paid = pay_bonuses_csv(project=row, text=body["csv"], actor=self.user(request), is_dry_run=body["is_dry_run"])
        return Outcome(200, bonuses_body(paid, row))


class BudgetView(PostView):
    """The budget."""

    input_serializer = BudgetInput
    replies = {"POST": {200: BudgetOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Raise it by an amount."""
        row, body = self.project(request, project), self.parsed(request)
        amount = in_currency(body["amount"], row, "/amount/currency")
        row = add_to_budget(project=row, amount_micros=amount, actor=self.user(request))
        return Outcome(200, {"budget": money(row.budget_micros or 0, row.currency)})


def _price_rules(project: Project) -> list[dict[str, Any]]:
    return [price_rule_body(rule, project) for rule in price_rules_of(project)]
