"""Pay: reviews, appeals, terms, prices, bonuses, a worker's own; what comes in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.pagination import PageInput
from api.serializers.money import MoneySerializer
from crowd.enums import PayeeMethod, PayState, SurplusPay
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Project
from crowd.policies.pay import DEFAULT_TERMS, MAX_REASON, Terms
from crowd.policies.payees import Payee

MAX_CSV = 2_000_000
MAX_BULK = 2_000


class ReviewsInput(PageInput):
    """Which reviews to list."""

    state = serializers.ChoiceField(PayState.choices, required=False)


class GroundsInput(serializers.Serializer[Any]):
    """Why; the worker is shown it."""

    reason = serializers.CharField(max_length=MAX_REASON)


class RejectionInput(GroundsInput):
    """The grounds of a rejection; the worker is shown both."""

    evidence = serializers.DictField(allow_empty=False, help_text="What the rejection rests on.")


class OneRejectionInput(RejectionInput):
    """A rejection with the answer that it is about."""

    answer = serializers.UUIDField()


class RejectManyInput(serializers.Serializer[Any]):
    """Rejections, all or none."""

    rejections = OneRejectionInput(many=True, allow_empty=False, max_length=MAX_BULK)


class ApproveManyInput(serializers.Serializer[Any]):
    """Which pending pay to approve: the answers named, or all that were given until a moment."""

    answers = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_BULK, required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two at least: nobody approves everything by an empty body."""
        if not attrs.keys() & {"answers", "until"}:
            raise serializers.ValidationError("name answers, or a moment until which all are approved")
        return attrs


class AppealDecisionInput(GroundsInput):
    """How an appeal ends."""

    is_granted = serializers.BooleanField()


class PayTermsInput(serializers.Serializer[Any]):
    """Periods and policies of pay; what is left out gets its default."""

    review_days = serializers.IntegerField(required=False)
    appeal_days = serializers.IntegerField(required=False)
    judge_days = serializers.IntegerField(required=False)
    surplus = serializers.ChoiceField(SurplusPay.choices, required=False)

    def terms(self) -> Terms:
        """The validated body as the service takes it."""
        body = dict(self.validated_data)
        body["surplus"] = SurplusPay(body.get("surplus", DEFAULT_TERMS.surplus))
        return Terms(**body)


class PriceRuleInput(serializers.Serializer[Any]):
    """A base price with factors in percent, each by trust level, by a field's length or by a number in the payload."""

    base = MoneySerializer()
    factors = serializers.ListField(child=serializers.DictField(), required=False, default=list)

    def body_for(self, project: Project) -> dict[str, Any]:
        """The rule as it is stored."""
        base = self.validated_data["base"]
        return {"base_micros": in_currency(base, project, "/base/currency"), "factors": self.validated_data["factors"]}


class BonusInput(serializers.Serializer[Any]):
    """One bonus; ``key`` names it in the project, so that it is paid once."""

    key = serializers.CharField(max_length=60)
    worker = serializers.UUIDField()
    amount = MoneySerializer()
    reason = serializers.CharField(max_length=200)


class BonusesCsvInput(serializers.Serializer[Any]):
    """Bonuses as CSV text with the columns key, worker, amount, reason."""

    csv = serializers.CharField(max_length=MAX_CSV, trim_whitespace=False)
    is_dry_run = serializers.BooleanField(required=False, default=False)


class BudgetInput(serializers.Serializer[Any]):
    """What to add to the budget."""

    amount = MoneySerializer()


class PayeeInput(serializers.Serializer[Any]):
    """Where the caller's money is to go."""

    method = serializers.ChoiceField(PayeeMethod.choices)
    recipient = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=140, required=False, allow_blank=True, default="")
    bic = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")

    def payee(self) -> Payee:
        """The validated body as the service takes it."""
        return Payee(**{**self.validated_data, "method": PayeeMethod(self.validated_data["method"])})


class StatementInput(serializers.Serializer[Any]):
    """The period of a statement, from the beginning of ``from`` up to but without ``to``."""

    to = serializers.DateTimeField(required=False)
    form = serializers.ChoiceField([("json", "JSON"), ("csv", "CSV")], required=False, default="json")

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of the language: it cannot stand in the class."""
        return {"from": serializers.DateTimeField(), **super().get_fields()}


def in_currency(amount: dict[str, Any], project: Project, pointer: str) -> int:
    """The micro-units of an amount in the project's currency. Raises InvalidInput for another currency."""
    if amount["currency"] != project.currency:
        raise InvalidInput(
            f"the project pays in {project.currency}; nothing was changed",
            problems=(FieldProblem(pointer, f"must be {project.currency}"),),
        )
    micros: int = amount["amount"]
    return micros
