"""What a rater makes of a payload: a label, an abstention with its reason, or a failure with its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from crowd.enums import FailureReason


@dataclass(frozen=True)
class Verdict:
    """``label_index`` None: an abstention, and ``abstained_because`` says why.

    ``probabilities``: one per label, summing to 1; None where the rater gives none. ``label_mass``: the probability of
    any label at all, before they were made to sum to 1.
    """

    label_index: int | None
    abstained_because: str = ""
    probabilities: tuple[float, ...] | None = None
    label_mass: float | None = None
    finish_reason: str = ""


class RatingFailed(Exception):
    """No verdict came about; ``detail`` is a sentence for the manager."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class LocalRater(Protocol):
    """A rater that needs nobody's help: a labelling function, a classifier."""

    def rate(self, payload: Mapping[str, Any]) -> Verdict:
        """The verdict on a payload. Raises RatingFailed."""
        ...


def hash_payload(payload: Any) -> str:
    """The key of a payload in the vote cache: equal content, equal hash, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def text_of(payload: Any) -> str:
    """All text of a payload, field by field, one to a line."""
    if isinstance(payload, str):
        return payload
    if isinstance(payload, Mapping):
        parts = [text_of(payload[key]) for key in sorted(payload)]
    elif isinstance(payload, list):
        parts = [text_of(value) for value in payload]
    else:
        parts = []
    return "\n".join(part for part in parts if part)


def field_of(payload: Any, path: str) -> Any:
    """The value under a dotted path such as ``text`` or ``product.title``; None where there is none."""
    found = payload
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found
