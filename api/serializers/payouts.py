"""Batches of payments: what comes in and what goes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput, money
from api.serializers.reports import WorkerOutput, worker_body
from crowd.enums import BatchFormat, BatchState, LineState
from crowd.models import Batch, BatchFile, BatchLine
from crowd.policies.payees import masked
from crowd.queries.payouts import reference_of
from crowd.services.batches import LeftOut
from crowd.times import zulu, zulu_or_none

ENDS = [(state.value, state.label) for state in (LineState.SETTLED, LineState.FAILED, LineState.RETURNED)]


class BatchInput(serializers.Serializer[Any]):
    """A batch to make; ``options`` are what the format needs beside the lines."""

    format = serializers.ChoiceField(BatchFormat.choices)
    options = serializers.DictField(required=False, default=dict)


class PaymentsInput(serializers.Serializer[Any]):
    """How payments ended: the lines named, or all that can end so."""

    outcome = serializers.ChoiceField(ENDS)
    lines = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=10_000)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class BatchOutput(serializers.Serializer[Any]):
    """A batch; people are named by their accounts' ids."""

    id = serializers.UUIDField()
    format = serializers.ChoiceField(BatchFormat.choices)
    state = serializers.ChoiceField(BatchState.choices)
    made_by = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    approved_by = serializers.UUIDField(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    exported_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


def batch_body(row: Batch) -> dict[str, Any]:
    """A batch."""
    return {
        "id": str(row.uid),
        "format": row.format,
        "state": row.state,
        "made_by": str(row.made_by.uid),
        "created_at": zulu(row.created_at),
        "approved_by": None if row.approved_by is None else str(row.approved_by.uid),
        **{name: zulu_or_none(getattr(row, name)) for name in ("approved_at", "exported_at", "sent_at", "ended_at")},
    }


class LeftOutOutput(serializers.Serializer[Any]):
    """Who is owed something and has no line."""

    worker = WorkerOutput()
    owed = MoneyOutput()
    reason = serializers.CharField()


class BatchLineOutput(serializers.Serializer[Any]):
    """One payment; the recipient is masked, the file alone has it whole."""

    number = serializers.IntegerField()
    reference = serializers.CharField()
    worker = WorkerOutput()
    method = serializers.CharField()
    recipient = serializers.CharField()
    amount = MoneyOutput()
    carried = MoneyOutput()
    state = serializers.ChoiceField(LineState.choices)
    reason = serializers.CharField(allow_blank=True)


class BatchLinesOutput(BatchOutput):
    """A batch with its lines."""

    lines = BatchLineOutput(many=True)


class MadeBatchOutput(BatchLinesOutput):
    """A new batch, with whom it leaves out."""

    left_out = LeftOutOutput(many=True)


def lines_body(batch: Batch, lines: list[BatchLine]) -> dict[str, Any]:
    """A batch with its lines."""
    return batch_body(batch) | {
        "lines": [
            {
                "number": line.number,
                "reference": reference_of(batch, line.number),
                "worker": worker_body(line.account.worker),
                "method": line.method,
                "recipient": masked(line.recipient),
                "amount": money(line.amount_micros, batch.currency),
                "carried": money(line.carried_micros, batch.currency),
                "state": line.state,
                "reason": line.reason,
            }
            for line in lines
            if line.account.worker is not None
        ]
    }


def left_out_body(left: LeftOut, currency: str) -> dict[str, Any]:
    """Who was left out."""
    return {"worker": worker_body(left.worker), "owed": money(left.owed_micros, currency), "reason": left.reason}


class BatchFileOutput(serializers.Serializer[Any]):
    """The file of a batch, to be fetched under ``file``."""

    name = serializers.CharField()
    media_type = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()


def file_body(row: BatchFile) -> dict[str, Any]:
    """What is known of a file without its content."""
    return {"name": row.name, "media_type": row.media_type, "sha256": row.sha256, "size": len(bytes(row.content))}
