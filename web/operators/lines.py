"""The figures of the server in words, as operators read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from crowd.policies.alarms import Alarm
from crowd.queries.figures import Figure
from crowd.queries.troubles import Trouble
from web.figures import MISSING, count
from web.money import Money

# Name -> what it is called, how it is written.
NAMES = {
    "assay_sweep_age_seconds": (_("Since the last sweep"), "seconds"),
    "assay_processing_lag_seconds": (_("Oldest answer that waits"), "seconds"),
    "assay_answers_waiting": (_("Answers that wait"), "count"),
    "assay_answers_failing": (_("Answers whose processing fails"), "count"),
    "assay_claims": (_("Tasks handed out, about"), "count"),
    "assay_answers": (_("Answers taken, about"), "count"),
    "assay_leases_live": (_("Tasks in somebody's hand"), "count"),
    "assay_leases_overdue": (_("Leases overdue"), "count"),
    "assay_queue_length": (_("Messages in the queue"), "count"),
    "assay_refits_due": (_("Full fits due"), "count"),
    "assay_refit_seconds": (_("Last full fit took"), "seconds"),
    "assay_refit_longest_seconds": (_("Longest of the last full fits"), "seconds"),
    "assay_refit_ended_timestamp_seconds": (_("Last full fit ended"), "time"),
    "assay_refits_failed_lately": (_("Full fits that failed lately"), "count"),
    "assay_webhook_deliveries": (_("Messages to webhooks"), "count"),
    "assay_webhook_deliveries_dead_lately": (_("Messages given up since yesterday"), "count"),
    "assay_webhooks_switched_off": (_("Webhooks switched off"), "count"),
    "assay_imports_unfinished": (_("Imports unfinished"), "count"),
    "assay_exports_unfinished": (_("Exports unfinished"), "count"),
    "assay_rater_runs_running": (_("Models at work"), "count"),
    "assay_audit_unsealed": (_("Events that wait for their seal"), "count"),
    "assay_audit_sealed": (_("Events sealed"), "count"),
    "assay_projects": (_("Projects"), "count"),
    "assay_ledger_micros": (_("Ledger"), "money"),
    "assay_model_cost_micros": (_("Models have cost"), "money"),
    "assay_ledger_off_micros": (_("Ledger is off by"), "money"),
    "assay_database_bytes": (_("Database"), "bytes"),
}
KINDS = {"answer": _("Answer fails"), "fit": _("Full fit failed"), "delivery": _("Message given up")}
DETAILS = {"answer": _("attempts"), "fit": _("model"), "delivery": _("attempts")}


@dataclass(frozen=True)
class FigureLine:
    """A figure with its name, its labels and its value as people write it."""

    name: str
    labels: str
    value: str
    is_alarming: bool


@dataclass(frozen=True)
class TroubleLine:
    """One thing that went wrong."""

    kind: str
    project: str
    subject: str
    detail: str
    at: datetime


def figure_lines(figures: list[Figure], alarms: list[Alarm]) -> list[FigureLine]:
    """One line a sample; a figure without one gets a dash."""
    limits = {alarm.figure: alarm.limit for alarm in alarms}
    lines = []
    for figure in figures:
        name, kind = NAMES[figure.name]
        limit = limits.get(figure.name)
        for labels, value in figure.samples:
            shown = ", ".join(text for key, text in labels.items() if not (kind == "money" and key == "currency"))
            is_over = limit is not None and value > limit
            lines.append(FigureLine(str(name), shown.replace("_", " "), _written(kind, value, labels), is_over))
        if not figure.samples:
            lines.append(FigureLine(str(name), "", MISSING, False))
    return lines


def trouble_lines(troubles: list[Trouble]) -> list[TroubleLine]:
    """In words."""
    return [
        TroubleLine(str(KINDS[one.kind]), one.project, one.subject, f"{DETAILS[one.kind]}: {one.detail}", one.at)
        for one in troubles
    ]


def _written(kind: str, value: float, labels: dict[str, str]) -> str:
    if kind == "money":
        return str(Money(int(value), labels["currency"]))
    if kind == "seconds":
        return f"{value:,.1f}\N{NO-BREAK SPACE}s"
    if kind == "bytes":
        return f"{value / (1 << 20):,.1f}\N{NO-BREAK SPACE}MiB"
    if kind == "time":
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M} UTC"
    return count(int(value))
