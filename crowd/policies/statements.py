"""Chains the records of a pay statement by hashes, and finds what was changed in one.

A record is a flat table of texts. Its hash covers the hash before it and every field that is not empty, in canonical
JSON, so that a statement reads the same as JSON and as CSV and is checked without a database.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from crowd.policies.spreadsheets import as_written, neutral

FORMAT = "assay-pay-statement-1"
START = "0" * 64
# The columns of the CSV, and the only fields that a record may have.
COLUMNS = (
    *("record", "number", "at", "kind", "amount_micros", "currency", "project", "answer", "reason"),
    *("price_rule_version", "price_factors", "review", "review_reason", "evidence"),
    *("transaction", "worker", "period_from", "period_to", "made_at", "format", "hash"),
)
# As many digits as an account holds: more would only keep the reader busy.
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")

Record = dict[str, str]


def seal(records: Iterable[Mapping[str, str]]) -> Iterator[Record]:
    """The records with their numbers, from 1, and their hashes; one at a time, so that a statement can be streamed."""
    before = START
    for number, record in enumerate(records, start=1):
        sealed = {name: text for name, text in record.items() if text != ""} | {"number": str(number)}
        before = _hash(before, sealed)
        yield sealed | {"hash": before}


def find_problems(records: Iterable[Mapping[str, str]]) -> list[str]:
    """Every record that is not as it was sealed, and every sum that does not add up; empty for a sound statement."""
    problems: list[str] = []
    before, number, last = START, 0, ""
    sums: dict[str, int] = {}
    opened: set[str] = set()
    closed: set[str] = set()
    entries = 0
    for number, record in enumerate(records, start=1):
        where, last = f"record {number}", record.get("record", "")
        unknown = sorted(set(record) - set(COLUMNS))
        if unknown:
            problems.append(f"{where}: unknown field {unknown[0]}")
        body = {name: text for name, text in record.items() if name != "hash"}
        if body.get("number") != str(number):
            problems.append(f"{where}: is numbered {body.get('number', 'nothing')}")
        before = _hash(before, body)
        if before != record.get("hash"):
            problems.append(f"{where}: its content does not give its hash, so it or one before it was changed")
            before = record.get("hash", "")
        if (number == 1) != (last == "statement") or (number == 1 and record.get("format") != FORMAT):
            problems.append(f"{where}: a statement begins with one record that names the format {FORMAT}")
        if last not in ("statement", "opening", "entry", "closing", "end"):
            problems.append(f"{where}: there is no such record as {last!r}")
        if last in ("opening", "entry", "closing"):
            problems += [f"{where}: {text}" for text in _add(record, sums, opened, closed)]
        entries += last == "entry"
    if last != "end":
        problems.append(f"record {number}: the statement breaks off; its last record is missing")
    elif opened != closed:
        problems.append("some currency is opened and not closed")
    return problems


def as_json(records: Iterable[Record]) -> Iterator[str]:
    """The text of a JSON statement, record by record."""
    yield '{"records": [\n'
    for n, record in enumerate(records):
        yield (",\n" if n else "") + json.dumps(record, ensure_ascii=False, sort_keys=True)
    yield "\n]}\n"


def as_csv(records: Iterable[Record]) -> Iterator[str]:
    """The text of a CSV statement, record by record; texts that a spreadsheet could compute get an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow(_cell(name, record.get(name, "")) for name in COLUMNS)
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def read_statement(text: str) -> list[Record]:
    """The records of a JSON or CSV statement. Raises ValueError with a sentence for anything else."""
    if text.lstrip("\ufeff \n").startswith("{"):
        try:
            document = json.loads(text.lstrip("\ufeff"))
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from error
        records = document.get("records")
        if set(document) != {"records"} or not isinstance(records, list):
            raise ValueError("a statement is one object with a list of records, and nothing else")
        for n, record in enumerate(records, start=1):
            if not isinstance(record, dict) or any(not isinstance(value, str) for value in record.values()):
                raise ValueError(f"record {n} is not a table of texts")
        return records
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ValueError("neither a JSON statement nor a CSV with the columns of one")
    for n, row in enumerate(rows[1:], start=1):
        if len(row) != len(COLUMNS):
            raise ValueError(f"record {n} has {len(row)} cells; a statement has {len(COLUMNS)}")
    return [
        {name: text for name, cell in zip(COLUMNS, row, strict=True) if (text := _text(name, cell))} for row in rows[1:]
    ]


def _add(record: Mapping[str, str], sums: dict[str, int], opened: set[str], closed: set[str]) -> list[str]:
    kind, currency, written = record["record"], record.get("currency", ""), record.get("amount_micros", "")
    if not _WHOLE.fullmatch(written):
        return ["its amount is no whole number of micro-units"]
    amount = int(written)
    if kind == "opening":
        again = currency in opened
        opened.add(currency)
        sums[currency] = amount
        return [f"{currency} is opened twice"] if again else []
    if currency not in opened:
        return [f"{currency} was not opened"]
    if kind == "entry":
        sums[currency] += amount
        return []
    closed.add(currency)
    return (
        []
        if sums[currency] == amount
        else [f"{currency} closes at {amount}; opening and entries give {sums[currency]}"]
    )


def _hash(before: str, record: Mapping[str, str]) -> str:
    body = {name: text for name, text in record.items() if text != ""}
    canonical = json.dumps([before, body], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# Numbers, hashes and our own words are never formulas; texts that people wrote may be.
_OURS = ("record", "number", "at", "kind", "amount_micros", "currency", "project", "answer", "transaction", "hash")


def _cell(name: str, text: str) -> str:
    return text if name in _OURS else neutral(text)


def _text(name: str, cell: str) -> str:
    return cell if name in _OURS else as_written(cell)
