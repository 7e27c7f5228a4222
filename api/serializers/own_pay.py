"""A worker's own money: how it stands, where it goes, the statement; what goes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput, money
from crowd.enums import PayeeMethod
from crowd.models import PayeeDetails
from crowd.policies.payees import masked
from crowd.queries.pay import OwnPay


class OwnPayOutput(serializers.Serializer[Any]):
    """How one project stands with the caller."""

    project = serializers.UUIDField()
    name = serializers.CharField()
    in_review = MoneyOutput()
    owed = MoneyOutput()
    in_transit = MoneyOutput()
    paid = MoneyOutput()


def own_pay_body(row: OwnPay) -> dict[str, Any]:
    """How one project stands with the caller."""
    code = row.project.currency
    return {
        "project": str(row.project.uid),
        "name": row.project.name,
        "in_review": money(row.in_review_micros, code),
        "owed": money(row.owed_micros, code),
        "in_transit": money(row.in_transit_micros, code),
        "paid": money(row.paid_micros, code),
    }


class PayeeOutput(serializers.Serializer[Any]):
    """Where the caller's money goes; the recipient is masked."""

    method = serializers.ChoiceField(PayeeMethod.choices, allow_null=True)
    recipient = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


def payee_body(row: PayeeDetails | None) -> dict[str, Any]:
    """Where the caller's money goes."""
    if row is None:
        return {"method": None, "recipient": "", "name": ""}
    return {"method": row.method, "recipient": masked(row.recipient), "name": row.name}


class StatementOutput(serializers.Serializer[Any]):
    """A pay statement: records of texts, chained by hashes; `manage.py verify_statement` checks it."""

    records = serializers.ListField(child=serializers.DictField(child=serializers.CharField(allow_blank=True)))
