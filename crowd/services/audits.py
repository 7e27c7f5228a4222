"""Writes down when stopping early would have ended an audited task."""

from __future__ import annotations

from datetime import datetime

from crowd.models import Audit, Consensus
from crowd.policies.completion import Completion


def record_stop(*, audit: Audit, decision: Completion, consensus: Consensus, answers: int, at: datetime) -> None:
    """Record the first decision to stop, with what was known then; later fits cannot improve it with hindsight.

    Its caller holds the task's lock. A decision to go on leaves the audit as it is.
    """
    if decision.step != "complete":
        return
    audit.answers = answers
    audit.label_index = consensus.label_index
    audit.confidence = consensus.confidence
    audit.reason = decision.reason
    audit.stopped_at = at
    audit.save(update_fields=["answers", "label_index", "confidence", "reason", "stopped_at"])
