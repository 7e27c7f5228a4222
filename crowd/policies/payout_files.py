"""Writes the file of a batch: the same lines give the same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import Element

from sepaxml import SepaTransfer

from crowd.enums import BatchFormat
from crowd.policies.payouts import SEPA_SCHEMAS, WISE_COLUMNS, Line, amount_text
from crowd.policies.spreadsheets import neutral


@dataclass(frozen=True)
class File:
    """The bytes of a batch with their media type and the ending of their name."""

    content: bytes
    media_type: str
    suffix: str


def write_file(
    *,
    batch_format: BatchFormat,
    reference: str,
    currency: str,
    made_at: datetime,
    options: Mapping[str, Any],
    lines: Sequence[Line],
) -> File:
    """The file; ``made_at`` is the moment that it names as its own. Raises AssertionError for an invalid pain.001."""
    match batch_format:
        case BatchFormat.PAYPAL_CSV:
            return File(_paypal_csv(currency, options, lines), "text/csv", "csv")
        case BatchFormat.PAYPAL_API:
            return File(_paypal_api(reference, currency, options, lines), "application/json", "json")
        case BatchFormat.WISE_CSV:
            return File(_wise_csv(currency, options, lines), "text/csv", "csv")
        case BatchFormat.SEPA_XML:
            return File(_sepa(reference, made_at, options, lines), "application/xml", "xml")
        case BatchFormat.CSV:
            return File(_plain(currency, lines), "text/csv", "csv")


def _paypal_csv(currency: str, options: Mapping[str, Any], lines: Sequence[Line]) -> bytes:
    # Positional and without a header; one currency a file.
    amounts = [amount_text(line.amount_micros, currency, BatchFormat.PAYPAL_CSV) for line in lines]
    note = options.get("note", "")
    return _csv(
        [line.recipient, amount, currency, line.reference, note, "PayPal"]
        for line, amount in zip(lines, amounts, strict=True)
    )


def _paypal_api(reference: str, currency: str, options: Mapping[str, Any], lines: Sequence[Line]) -> bytes:
    body = {
        "sender_batch_header": {
            # PayPal refuses an id again for 30 days: sending the file twice pays once.
            "sender_batch_id": reference,
            "email_subject": options.get("email_subject", "You have been paid"),
        },
        "items": [
            {
                "recipient_type": "EMAIL",
                "receiver": line.recipient,
                "amount": {
                    "value": amount_text(line.amount_micros, currency, BatchFormat.PAYPAL_API),
                    "currency": currency,
                },
                "note": options.get("note", ""),
                "sender_item_id": line.reference,
            }
            for line in lines
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _wise_csv(currency: str, options: Mapping[str, Any], lines: Sequence[Line]) -> bytes:
    columns = options.get("columns", list(WISE_COLUMNS))
    rows = [list(columns)]
    for line in lines:
        cells = {
            "recipientId": line.recipient,
            "name": line.name,
            "recipientEmail": "",
            "recipientDetail": "",
            "sourceCurrency": options.get("source_currency", currency),
            "targetCurrency": currency,
            "amountCurrency": "target",
            "amount": amount_text(line.amount_micros, currency, BatchFormat.WISE_CSV),
            "paymentReference": options.get("reference", ""),
            "referenceNumber": line.reference,
            "receiverType": "PERSON",
        }
        rows.append([cells[name] for name in columns])
    return _csv(rows)


def _plain(currency: str, lines: Sequence[Line]) -> bytes:
    header = ["line", "reference", "worker", "method", "recipient", "name", "bic", "amount", "currency"]
    return _csv(
        [
            header,
            *(
                [
                    *(str(line.number), line.reference, line.worker, line.method, neutral(line.recipient)),
                    *(neutral(line.name), line.bic),
                    *(amount_text(line.amount_micros, currency, BatchFormat.CSV), currency),
                ]
                for line in lines
            ),
        ]
    )


def _sepa(reference: str, made_at: datetime, options: Mapping[str, Any], lines: Sequence[Line]) -> bytes:
    config = {
        "name": options["payer_name"],
        "IBAN": options["payer_iban"].replace(" ", "").upper(),
        "currency": "EUR",
        "batch": True,
    }
    if options.get("payer_bic"):
        config["BIC"] = options["payer_bic"]
    transfer = SepaTransfer(config, schema=options.get("schema", SEPA_SCHEMAS[-1]), clean=True)
    for line in lines:
        payment = {
            "name": line.name,
            "IBAN": line.recipient,
            "amount": line.amount_micros // 10_000,
            "execution_date": date.fromisoformat(options["execution_date"]),
            "description": options.get("note") or line.reference,
            "endtoend_id": line.reference,
        }
        if line.bic:
            payment["BIC"] = line.bic
        transfer.add_payment(payment)
    transfer._finalize_batch()
    # The library draws its ids and reads its clock: both are put to what the batch says, then the rest is summed up
    # and validated against the schema. Finalising twice would write the payments twice.
    transfer._finalize_batch = lambda: None
    _name_parts(transfer._xml, reference, made_at)
    content: bytes = transfer.export(validate=True, pretty_print=True)
    return content


def _name_parts(root: Element, reference: str, made_at: datetime) -> None:
    for tag, text in (("MsgId", reference), ("CreDtTm", made_at.strftime("%Y-%m-%dT%H:%M:%S"))):
        for node in root.iter(tag):
            node.text = text
    for n, node in enumerate(root.iter("PmtInfId"), start=1):
        node.text = f"{reference}-{n}"


def _csv(rows: Any) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
