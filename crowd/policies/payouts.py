"""What a batch may hold in each format: currencies, whole units, limits; the offending line is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from crowd.enums import BatchFormat, PayeeMethod
from crowd.errors import FieldProblem

# ISO 4217: decimals of the minor unit where they are not two.
_WHOLE = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
)
DECIMALS = {
    **dict.fromkeys((*_WHOLE, "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
PAYPAL_CURRENCIES = frozenset(
    {
        *("AUD", "BRL", "CAD", "CZK", "DKK", "EUR", "HKD", "HUF", "ILS", "JPY", "MYR", "MXN", "TWD"),
        *("NZD", "NOK", "PHP", "PLN", "GBP", "SGD", "SEK", "CHF", "THB", "USD"),
    }
)
# PayPal takes whole units of these only.
PAYPAL_WHOLE = frozenset({"HUF", "JPY", "TWD"})
METHOD_OF = {
    BatchFormat.PAYPAL_CSV: PayeeMethod.PAYPAL,
    BatchFormat.PAYPAL_API: PayeeMethod.PAYPAL,
    BatchFormat.WISE_CSV: PayeeMethod.WISE,
    BatchFormat.SEPA_XML: PayeeMethod.SEPA,
}
MAX_LINES = {
    BatchFormat.PAYPAL_CSV: 5_000,
    BatchFormat.PAYPAL_API: 15_000,
    BatchFormat.WISE_CSV: 1_000,
    BatchFormat.SEPA_XML: 10_000,
    BatchFormat.CSV: 100_000,
}
# A transfer in pain.001 has at most 11 digits.
MAX_SEPA_MICROS = 999_999_999_990_000
MAX_NOTE = 400
FORMULA = ("=", "+", "-", "@")
WISE_COLUMNS = (
    *("recipientId", "name", "recipientEmail", "recipientDetail", "sourceCurrency", "targetCurrency"),
    *("amountCurrency", "amount", "paymentReference", "referenceNumber", "receiverType"),
)
SEPA_SCHEMAS = ("pain.001.001.03", "pain.001.001.09")
OPTIONS: dict[BatchFormat, frozenset[str]] = {
    BatchFormat.PAYPAL_CSV: frozenset({"note"}),
    BatchFormat.PAYPAL_API: frozenset({"note", "email_subject"}),
    BatchFormat.WISE_CSV: frozenset({"columns", "source_currency", "reference"}),
    BatchFormat.SEPA_XML: frozenset({"payer_name", "payer_iban", "payer_bic", "execution_date", "schema", "note"}),
    BatchFormat.CSV: frozenset(),
}


@dataclass(frozen=True)
class Line:
    """One payment as the files need it; ``reference`` has at most 30 characters and no space."""

    number: int
    reference: str
    worker: str
    method: str
    recipient: str
    name: str
    bic: str
    amount_micros: int


def unit_micros(currency: str, batch_format: BatchFormat) -> int:
    """The smallest amount that this format can pay in this currency."""
    is_paypal = METHOD_OF.get(batch_format) == PayeeMethod.PAYPAL
    decimals = 0 if is_paypal and currency in PAYPAL_WHOLE else DECIMALS.get(currency, 2)
    return int(10 ** (6 - decimals))


def split_amount(owed_micros: int, unit: int) -> tuple[int, int]:
    """What is paid in whole units, what is carried on to the next time."""
    paid = max(0, owed_micros) // unit * unit
    return paid, owed_micros - paid


def amount_text(micros: int, currency: str, batch_format: BatchFormat) -> str:
    """An amount with exactly the decimals of its currency; a part of a unit would be a defect."""
    unit = unit_micros(currency, batch_format)
    units, rest = divmod(micros, unit)
    if rest:
        raise AssertionError(f"{micros} micro-units are no whole units of {currency}")
    decimals = len(str(1_000_000 // unit)) - 1
    return f"{units // 10**decimals}.{units % 10**decimals:0{decimals}d}" if decimals else str(units)


def check_options(batch_format: BatchFormat, currency: str, options: Mapping[str, Any]) -> list[FieldProblem]:
    """Every problem of the batch as a whole."""
    unknown = sorted(set(options) - OPTIONS[batch_format])
    problems = [FieldProblem(f"/options/{name}", f"{batch_format} has no such option") for name in unknown]
    if METHOD_OF.get(batch_format) == PayeeMethod.PAYPAL and currency not in PAYPAL_CURRENCIES:
        problems.append(FieldProblem("/format", f"PayPal does not pay in {currency}"))
    for name in ("note", "email_subject", "reference"):
        text = options.get(name, "")
        limit = {"note": MAX_NOTE, "email_subject": 255, "reference": 100}[name]
        limit = 140 if name == "note" and batch_format == BatchFormat.SEPA_XML else limit
        if not isinstance(text, str) or len(text) > limit or not text.isprintable() or text.startswith(FORMULA):
            problems.append(FieldProblem(f"/options/{name}", f"at most {limit} characters, not beginning with = + - @"))
    if batch_format == BatchFormat.WISE_CSV:
        problems += _wise_problems(options)
    if batch_format == BatchFormat.SEPA_XML:
        problems += _sepa_problems(currency, options)
    return problems


def line_problem(batch_format: BatchFormat, line: Line) -> str | None:
    """What keeps a line out of the format; None when nothing does."""
    needed = METHOD_OF.get(batch_format)
    if needed is not None and line.method != needed:
        return f"wants to be paid by {line.method}; this batch pays by {needed}"
    if batch_format == BatchFormat.SEPA_XML and line.amount_micros > MAX_SEPA_MICROS:
        return "the amount is above what one SEPA transfer can carry"
    if len(line.reference) > 30 or " " in line.reference:
        return "the reference is longer than 30 characters or has a space"
    return None


def _wise_problems(options: Mapping[str, Any]) -> list[FieldProblem]:
    problems = []
    columns = options.get("columns", list(WISE_COLUMNS))
    if not isinstance(columns, list) or not columns or any(name not in WISE_COLUMNS for name in columns):
        problems.append(FieldProblem("/options/columns", f"a list of some of {', '.join(WISE_COLUMNS)}"))
    elif len(set(columns)) != len(columns) or not {"recipientId", "amount"} <= set(columns):
        problems.append(FieldProblem("/options/columns", "each once, recipientId and amount among them"))
    if not re.fullmatch(r"[A-Z]{3}", str(options.get("source_currency", "EUR"))):
        problems.append(FieldProblem("/options/source_currency", "give the ISO 4217 code, such as USD"))
    return problems


def _sepa_problems(currency: str, options: Mapping[str, Any]) -> list[FieldProblem]:
    problems = []
    if currency != "EUR":
        problems.append(FieldProblem("/format", f"SEPA pays in EUR; the project pays in {currency}"))
    name = options.get("payer_name", "")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 70:
        problems.append(FieldProblem("/options/payer_name", "give the name of the paying account, 1 to 70 characters"))
    try:
        IBAN(str(options.get("payer_iban", "")))
    except SchwiftyException:
        problems.append(FieldProblem("/options/payer_iban", "give the valid IBAN of the paying account"))
    if not isinstance(options.get("payer_bic", ""), str):
        problems.append(FieldProblem("/options/payer_bic", "a BIC, or nothing"))
    try:
        date.fromisoformat(str(options.get("execution_date", "")))
    except ValueError:
        problems.append(FieldProblem("/options/execution_date", "give the day of execution as 2026-01-31"))
    if options.get("schema", SEPA_SCHEMAS[-1]) not in SEPA_SCHEMAS:
        problems.append(FieldProblem("/options/schema", f"one of {', '.join(SEPA_SCHEMAS)}"))
    return problems
