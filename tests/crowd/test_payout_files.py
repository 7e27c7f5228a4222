"""The files of batches: positions, decimals, schema, the same bytes for the same lines."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import sepaxml
from xmlschema import XMLSchema

from crowd.enums import BatchFormat
from crowd.policies.payees import Payee, check_payee, masked, normalised
from crowd.policies.payout_files import write_file
from crowd.policies.payouts import (
    WISE_COLUMNS,
    Line,
    amount_text,
    check_options,
    line_problem,
    split_amount,
    unit_micros,
)
from crowd.policies.spreadsheets import as_written, neutral

MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IBAN = "DE89370400440532013000"
SEPA = {"payer_name": "Grün & Söhne", "payer_iban": IBAN, "execution_date": "2026-02-01"}


def line(number: int = 1, micros: int = 1_230_000, **fields: Any) -> Line:
    values = {"method": "paypal", "recipient": "ann@example.org", "name": "Ann", "bic": ""} | fields
    return Line(number=number, reference=f"abc-{number}", worker="w1", amount_micros=micros, **values)


def bank(number: int = 1, micros: int = 1_230_000, **fields: Any) -> Line:
    return line(number, micros, **{"method": "sepa", "recipient": IBAN, **fields})


def content(batch_format: BatchFormat, lines: list[Line], currency: str = "EUR", **options: Any) -> bytes:
    file = write_file(
        batch_format=batch_format, reference="abc", currency=currency, made_at=MADE, options=options, lines=lines
    )
    return file.content


@pytest.mark.parametrize(
    ("currency", "batch_format", "unit", "text"),
    [
        ("USD", BatchFormat.CSV, 10_000, "12.00"),
        ("JPY", BatchFormat.CSV, 1_000_000, "12"),
        ("KWD", BatchFormat.CSV, 1_000, "12.000"),
        ("HUF", BatchFormat.CSV, 10_000, "12.00"),
        ("HUF", BatchFormat.PAYPAL_CSV, 1_000_000, "12"),
        ("CLF", BatchFormat.WISE_CSV, 100, "12.0000"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(
    currency: str, batch_format: BatchFormat, unit: int, text: str
) -> None:
    assert unit_micros(currency, batch_format) == unit
    assert amount_text(12_000_000, currency, batch_format) == text


def test_an_amount_is_split_into_whole_units_and_a_rest() -> None:
    found = [split_amount(n, 10_000) for n in (0, 9_999, 10_000, 29_999, -5)]
    assert found == [(0, 0), (0, 9_999), (10_000, 0), (20_000, 9_999), (0, -5)]
    with pytest.raises(AssertionError):
        amount_text(12_001, "USD", BatchFormat.CSV)


def test_a_paypal_file_is_positional_without_a_header() -> None:
    lines = [line(1), line(2, 50_000, recipient="bo@example.org")]
    assert content(BatchFormat.PAYPAL_CSV, lines, note="For June, all of it") == (
        b'ann@example.org,1.23,EUR,abc-1,"For June, all of it",PayPal\r\n'
        b'bo@example.org,0.05,EUR,abc-2,"For June, all of it",PayPal\r\n'
    )


def test_a_paypal_body_names_the_batch_so_that_it_is_paid_once() -> None:
    body = json.loads(content(BatchFormat.PAYPAL_API, [line()], "USD", note="June"))
    assert body == {
        "sender_batch_header": {"sender_batch_id": "abc", "email_subject": "You have been paid"},
        "items": [
            {
                "recipient_type": "EMAIL",
                "receiver": "ann@example.org",
                "amount": {"value": "1.23", "currency": "USD"},
                "note": "June",
                "sender_item_id": "abc-1",
            }
        ],
    }


def test_a_wise_file_has_the_columns_that_its_template_asks() -> None:
    wise = line(method="wise", recipient="R-77")
    header, row = csv.reader(io.StringIO(content(BatchFormat.WISE_CSV, [wise]).decode()))
    assert header == list(WISE_COLUMNS)
    assert row == ["R-77", "Ann", "", "", "EUR", "EUR", "target", "1.23", "", "abc-1", "PERSON"]
    chosen = content(BatchFormat.WISE_CSV, [wise], columns=["amount", "recipientId"])
    assert chosen == b"amount,recipientId\r\n1.23,R-77\r\n"


def test_a_plain_file_keeps_formulas_from_being_computed() -> None:
    found = content(BatchFormat.CSV, [line(name="=1+1")])
    assert found == (
        b"line,reference,worker,method,recipient,name,bic,amount,currency\r\n"
        b"1,abc-1,w1,paypal,ann@example.org,'=1+1,,1.23,EUR\r\n"
    )


@pytest.mark.parametrize("schema", ["pain.001.001.03", "pain.001.001.09"])
def test_a_sepa_file_satisfies_its_schema_and_is_the_same_again(schema: str) -> None:
    lines = [bank(1, name="Zoë Łuk"), bank(2, 770_000, recipient="FR1420041010050500013M02606", bic="COBADEFFXXX")]
    first = content(BatchFormat.SEPA_XML, lines, **SEPA, schema=schema)
    assert first == content(BatchFormat.SEPA_XML, lines, **SEPA, schema=schema)
    path = f"{sepaxml.__path__[0]}/schemas/{schema}.xsd"
    document = XMLSchema(path).to_dict(first.decode())["CstmrCdtTrfInitn"]
    header, (payment,) = document["GrpHdr"], document["PmtInf"]
    assert (header["MsgId"], header["NbOfTxs"], str(header["CtrlSum"])) == ("abc", "2", "2.00")
    assert header["CreDtTm"].startswith("2026-01-02T03:04:05")
    assert payment["PmtInfId"] == "abc-1"
    transfers = payment["CdtTrfTxInf"]
    assert [t["PmtId"]["EndToEndId"] for t in transfers] == ["abc-1", "abc-2"]
    assert [(t["Cdtr"]["Nm"], str(t["Amt"]["InstdAmt"]["$"])) for t in transfers] == [
        ("Zoe Luk", "1.23"),
        ("Ann", "0.77"),
    ]


@pytest.mark.parametrize(
    ("batch_format", "currency", "options", "pointers"),
    [
        (BatchFormat.PAYPAL_CSV, "USD", {}, []),
        (BatchFormat.PAYPAL_CSV, "INR", {"note": "x" * 401}, ["/format", "/options/note"]),
        (BatchFormat.PAYPAL_API, "EUR", {"note": "=1", "colour": 1}, ["/options/colour", "/options/note"]),
        (BatchFormat.WISE_CSV, "EUR", {"columns": ["amount"]}, ["/options/columns"]),
        (
            BatchFormat.WISE_CSV,
            "EUR",
            {"columns": ["hat"], "source_currency": "x"},
            ["/options/columns", "/options/source_currency"],
        ),
        (BatchFormat.SEPA_XML, "EUR", SEPA, []),
        (
            BatchFormat.SEPA_XML,
            "USD",
            {"payer_iban": "DE00", "schema": "pain.999"},
            ["/format", "/options/payer_name", "/options/payer_iban", "/options/execution_date", "/options/schema"],
        ),
    ],
)  # fmt: skip
def test_a_batch_is_checked_as_a_whole(
    batch_format: BatchFormat, currency: str, options: dict[str, Any], pointers: list[str]
) -> None:
    assert [problem.pointer for problem in check_options(batch_format, currency, options)] == pointers


def test_a_line_of_another_method_or_too_large_does_not_fit() -> None:
    assert line_problem(BatchFormat.PAYPAL_CSV, line()) is None
    assert line_problem(BatchFormat.CSV, bank()) is None
    assert line_problem(BatchFormat.PAYPAL_CSV, bank()) == "wants to be paid by sepa; this batch pays by paypal"
    above = line_problem(BatchFormat.SEPA_XML, bank(micros=10**15))
    assert above == "the amount is above what one SEPA transfer can carry"


@pytest.mark.parametrize(
    ("method", "recipient", "name", "bic", "pointers"),
    [
        ("paypal", " ann@example.org ", "", "", []),
        ("paypal", "=cmd@example.org", "", "", ["/recipient"]),
        ("paypal", "ann@localhost", "", "COBADEFFXXX", ["/recipient", "/bic"]),
        ("sepa", "de89 3704 0044 0532 0130 00", "Ann  Lee", "", []),
        ("sepa", "DE89370400440532013001", "", "", ["/recipient", "/name"]),
        ("sepa", IBAN, "Ann", "NONSENSE", ["/bic"]),
        ("sepa", "BR1800360305000010009795493C1", "Ann", "", ["/recipient"]),
        ("wise", "R-77", "Ann", "", []),
        ("wise", "R 77", "@Ann", "", ["/recipient", "/name"]),
    ],
)
def test_payee_details_are_checked(method: str, recipient: str, name: str, bic: str, pointers: list[str]) -> None:
    payee = normalised(Payee(method=method, recipient=recipient, name=name, bic=bic))  # type: ignore[arg-type]
    assert [problem.pointer for problem in check_payee(payee)] == pointers


def test_details_are_shown_without_being_given_away() -> None:
    assert [masked(text) for text in ("ann@example.org", IBAN, "R-77")] == ["a…@example.org", "DE…3000", "…"]


@pytest.mark.parametrize("text", ["=1", "'=1", "plain", "", "-5", "'", "it's", "''x", "\ttab"])
def test_what_is_kept_from_computing_can_be_read_back(text: str) -> None:
    assert as_written(neutral(text)) == text
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t"))
