"""Reads a worker's pay statement: each entry of a period with the answer, the price rule and the evidence behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Sum

from crowd.enums import AccountKind, PayState, TransactionKind
from crowd.models import Entry, Project, Worker
from crowd.policies.statements import FORMAT, Record, seal
from crowd.times import zulu

CHUNK = 2_000
_FIELDS = {
    "at": "transaction__created_at",
    "kind": "transaction__kind",
    "amount": "amount_micros",
    "currency": "account__currency",
    "project": "account__project__uid",
    "answer": "transaction__answer__uid",
    "reason": "transaction__reason",
    "rule": "transaction__answer__assignment__quote__rule__version",
    "factors": "transaction__answer__assignment__quote__factors",
    "review": "transaction__answer__pay_review__state",
    "review_reason": "transaction__answer__pay_review__reason",
    "evidence": "transaction__answer__pay_review__evidence",
    "transaction": "transaction_id",
}


def statement_of(
    worker: Worker, *, start: datetime, end: datetime, made_at: datetime, project: Project | None = None
) -> Iterator[Record]:
    """The sealed records of a worker's statement, from ``start`` up to but without ``end``; streamed.

    Amounts are seen from the worker: what is owed is positive, what was paid out negative. The review stands as it was
    when the statement was made. With a project, only its entries. Nothing here tells gold from real tasks.
    """
    entries = Entry.objects.filter(account__worker=worker, account__kind=AccountKind.WORKER_PAYABLE)
    if project is not None:
        entries = entries.filter(account__project=project)
    # What a later transaction adds cannot fall into a period that had ended when this was made.
    end = min(end, made_at)
    return seal(_records(worker, entries, start, end, made_at))


def _records(worker: Worker, entries: Any, start: datetime, end: datetime, made_at: datetime) -> Iterator[Record]:
    yield {
        "record": "statement",
        "format": FORMAT,
        "worker": str(worker.uid),
        "period_from": zulu(start),
        "period_to": zulu(end),
        "made_at": zulu(made_at),
    }
    before = _sums(entries.filter(transaction__created_at__lt=start))
    within = entries.filter(transaction__created_at__gte=start, transaction__created_at__lt=end)
    currencies = sorted({*before, *within.order_by().values_list("account__currency", flat=True).distinct()})
    sums = {currency: before.get(currency, 0) for currency in currencies}
    for currency in currencies:
        yield {"record": "opening", "currency": currency, "amount_micros": str(sums[currency])}
    rows = within.order_by("transaction__created_at", "id").values_list(*_FIELDS.values())
    for values in rows.iterator(chunk_size=CHUNK):
        row = dict(zip(_FIELDS, values, strict=True))
        if row["currency"] in sums:
            sums[row["currency"]] -= row["amount"]
            yield _entry(row)
    for currency in currencies:
        yield {"record": "closing", "currency": currency, "amount_micros": str(sums[currency])}
    yield {"record": "end"}


def _sums(entries: Any) -> dict[str, int]:
    rows = entries.order_by().values_list("account__currency").annotate(sum=Sum("amount_micros"))
    return {currency: -total for currency, total in rows}


def _entry(row: dict[str, Any]) -> Record:
    is_answer = row["answer"] is not None
    is_contested = row["review"] not in (None, PayState.PENDING) and bool(row["review_reason"])
    return {
        "record": "entry",
        "at": zulu(row["at"]),
        "kind": row["kind"],
        "amount_micros": str(-row["amount"]),
        "currency": row["currency"],
        "project": str(row["project"]),
        "answer": str(row["answer"] or ""),
        "reason": row["reason"],
        # Without a rule the price is the project's own: version 0.
        "price_rule_version": str(row["rule"] or 0) if is_answer and row["kind"] == TransactionKind.ANSWER_PAY else "",
        "price_factors": _json(row["factors"]) if row["kind"] == TransactionKind.ANSWER_PAY else "",
        "review": row["review"] or "",
        "review_reason": row["review_reason"] if is_contested else "",
        "evidence": _json(row["evidence"]) if is_contested else "",
        "transaction": str(row["transaction"]),
    }


def _json(value: Any) -> str:
    value = json.loads(value) if isinstance(value, str) else value
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
