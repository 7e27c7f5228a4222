"""When a figure of the server calls for an operator: the limits of the alerts and of the operators' page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Alarm:
    """``figure`` over ``limit`` for ``minutes`` calls for somebody."""

    name: str
    figure: str
    limit: float
    minutes: int


ALARMS = (
    Alarm("AssayNobodySweeps", "assay_sweep_age_seconds", 60, 2),
    Alarm("AssayAnswersWait", "assay_processing_lag_seconds", 60, 5),
    Alarm("AssayAnswersFail", "assay_answers_failing", 0, 10),
    Alarm("AssayLeasesOverdue", "assay_leases_overdue", 200, 5),
    Alarm("AssayQueueGrows", "assay_queue_length", 10_000, 10),
    Alarm("AssayRefitsFail", "assay_refits_failed_lately", 2, 10),
    Alarm("AssayRefitSlow", "assay_refit_seconds", 900, 10),
    Alarm("AssayWebhooksDead", "assay_webhook_deliveries_dead_lately", 100, 10),
    Alarm("AssayLedgerOff", "assay_ledger_off_micros", 0, 0),
    Alarm("AssayTrailUnsealed", "assay_audit_unsealed", 10_000, 10),
)


def raised(values: Mapping[str, Iterable[float]]) -> list[Alarm]:
    """The alarms whose figure is over its limit now, for any of its labels."""
    return [alarm for alarm in ALARMS if any(value > alarm.limit for value in values.get(alarm.figure, ()))]
