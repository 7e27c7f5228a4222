"""Amounts as strings with their currency; micro-units inside."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

MICROS = 1_000_000
MAX_AMOUNT = Decimal(10) ** 12


def money(micros: int, currency: str) -> dict[str, str]:
    """An amount for a response: micro-units as a decimal string with six places."""
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    return {"amount": f"{sign}{micros // MICROS}.{micros % MICROS:06d}", "currency": currency}


def money_or_none(micros: int | None, currency: str) -> dict[str, str] | None:
    """None where no amount is set."""
    return None if micros is None else money(micros, currency)


class MoneySerializer(serializers.Serializer[Any]):
    """{"amount": "0.02", "currency": "USD"}, at most six decimal places, not negative."""

    amount = serializers.CharField(max_length=30)
    currency = serializers.RegexField(r"^[A-Z]{3}$", error_messages={"invalid": "give the ISO 4217 code, such as USD"})

    def validate_amount(self, value: str) -> int:
        """The amount in micro-units."""
        if not re.fullmatch(r"\d{1,13}(\.\d{1,6})?", value):
            raise serializers.ValidationError('write the amount as a string such as "0.02", with at most six decimals')
        amount = Decimal(value)
        if amount > MAX_AMOUNT:
            raise serializers.ValidationError("the amount is too large")
        return int(amount * MICROS)


class MoneyOutput(serializers.Serializer[Any]):
    """An amount with six decimal places."""

    amount = serializers.RegexField(r"^-?\d+\.\d{6}$")
    currency = serializers.RegexField(r"^[A-Z]{3}$")
