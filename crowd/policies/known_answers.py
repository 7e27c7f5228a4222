"""What a consensus holds for an answer that is known for certain, as decided by an expert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crowd.policies.answer_types import AnswerForm
from crowd.policies.forms.number import NumberForm


def known_consensus(form: AnswerForm, canonical: Any, labels: Sequence[str]) -> dict[str, Any]:
    """The fields of a consensus that say the answer, with no doubt about it."""
    index = form.label_index(canonical)
    fields: dict[str, Any] = {"label_index": index, "value": None, "posterior": None, "low": None, "high": None}
    if index is not None:
        fields["posterior"] = [float(i == index) for i in range(len(labels))]
    else:
        fields["value"] = canonical
        if isinstance(form, NumberForm):
            fields["low"] = fields["high"] = float(canonical)
        elif labels:
            fields["posterior"] = [float(label in canonical) for label in labels]
    return fields | {"confidence": 1.0}


def answer_of(row: Any, labels: Sequence[str]) -> Any:
    """The answer that a consensus or an adjudication holds: its label, or its value."""
    return row.value if row.label_index is None else labels[row.label_index]
