"""Reports on trust and fairness, flags, restitutions: what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneySerializer, money
from api.serializers.reports import ChangeOutput, WorkerOutput, change_body, worker_body
from crowd.enums import FlagKind, FlagState, RestitutionKind, RestitutionLineKind, RestitutionState, TrustLevel
from crowd.models import Flag, Project, Restitution, RestitutionLine, TrustChange
from crowd.policies.spreadsheets import neutral
from crowd.queries.worker_reports import OwnReport, WorkerReport
from crowd.times import zulu, zulu_or_none


class LaunchInput(serializers.Serializer[Any]):
    """Why the project is launched though an hour of it is likely to pay less than its floor; else left out."""

    acknowledgement = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class OverturnInput(serializers.Serializer[Any]):
    """Why a decision about a worker was wrong; the worker is told."""

    reason = serializers.CharField(max_length=2000, allow_blank=True)


class NoteInput(serializers.Serializer[Any]):
    """Why a flag is dismissed or confirmed."""

    note = serializers.CharField(max_length=2000, allow_blank=True)


class FairnessInput(serializers.Serializer[Any]):
    """The least for an active hour and how long a task is thought to take; null leaves it to the server."""

    floor = MoneySerializer(required=False, allow_null=True, default=None)
    expected_seconds = serializers.FloatField(required=False, allow_null=True, default=None)


class FlagOutput(serializers.Serializer[Any]):
    """A flag: evidence, and what a manager made of it. ``other``: the second worker of a pair."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(FlagKind.choices)
    worker = WorkerOutput()
    other = WorkerOutput(allow_null=True)
    window = serializers.DateField()
    p_value = serializers.FloatField(allow_null=True)
    evidence = serializers.DictField()
    state = serializers.ChoiceField(FlagState.choices)
    note = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WorkerReportOutput(serializers.Serializer[Any]):
    """Everything about a worker. ``reading`` is null until the first; its sources of skill are kept apart."""

    worker = WorkerOutput()
    level = serializers.ChoiceField(TrustLevel.choices)
    access = serializers.DictField()
    pay = serializers.DictField()
    golds = serializers.DictField(allow_null=True)
    reading = serializers.DictField(allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    flags = FlagOutput(many=True)
    changes = ChangeOutput(many=True)


class OwnReportOutput(serializers.Serializer[Any]):
    """What is decided about the caller, and on what evidence in sum. ``skill`` moves with every so manieth answer."""

    level = serializers.ChoiceField(TrustLevel.choices)
    access = serializers.DictField()
    pay = serializers.DictField()
    answers = serializers.IntegerField()
    skill = serializers.DictField(allow_null=True)
    decisions = serializers.ListField(child=serializers.DictField())
    confirmed_flags = serializers.ListField(child=serializers.DictField())
    made_good = serializers.ListField(child=serializers.DictField())


class ReadingOutput(serializers.Serializer[Any]):
    """A report as a job last measured it; both null until then."""

    measured_at = serializers.DateTimeField(allow_null=True)
    figures = serializers.DictField(allow_null=True)


class FairnessOutput(ReadingOutput):
    """Pay per active hour and rates by group as last measured, the terms, and what a launch would be told."""

    floor = serializers.DictField(allow_null=True)
    expected_seconds = serializers.FloatField(allow_null=True)
    forecast = serializers.DictField()


class RestitutionOutput(serializers.Serializer[Any]):
    """An error that is made good; ``lines`` counts what it changed, by kind."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(RestitutionKind.choices)
    state = serializers.ChoiceField(RestitutionState.choices)
    subject = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RestitutionDetailOutput(RestitutionOutput):
    """A restitution with how many lines of each kind it has."""

    lines = serializers.DictField(child=serializers.IntegerField())


class RestitutionLineOutput(serializers.Serializer[Any]):
    """One thing that was changed, or found and left."""

    worker = WorkerOutput()
    kind = serializers.ChoiceField(RestitutionLineKind.choices)
    subject = serializers.UUIDField()
    detail = serializers.DictField()
    created_at = serializers.DateTimeField()


def flag_body(flag: Flag) -> dict[str, Any]:
    """A flag, for managers."""
    return {
        "id": str(flag.uid),
        "kind": flag.kind,
        "worker": worker_body(flag.worker),
        "other": None if flag.other is None else worker_body(flag.other),
        "window": flag.window.isoformat(),
        "p_value": flag.p_value,
        "evidence": flag.evidence,
        "state": flag.state,
        "note": flag.note,
        "decided_at": zulu_or_none(flag.decided_at),
        "created_at": zulu(flag.created_at),
        "updated_at": zulu(flag.updated_at),
    }


def worker_report_body(report: WorkerReport, project: Project) -> dict[str, Any]:
    """The whole report, for managers."""
    skill = report.skill
    golds = None
    if skill is not None:
        golds = {"right": skill.gold_right, "wrong": skill.gold_wrong}
        golds |= {"mean": skill.mean, "low": skill.low, "high": skill.high}  # type: ignore[dict-item]
    return {
        "worker": worker_body(report.enrolment.worker),
        "level": report.enrolment.trust_level,
        "access": report.access,
        "pay": _pay_body(report.pay, project),
        "golds": golds,
        "reading": None if report.reading is None else report.reading.figures,
        "measured_at": None if report.reading is None else zulu(report.reading.measured_at),
        "flags": [flag_body(flag) for flag in report.flags],
        "changes": [change_body(change) for change in report.changes],
    }


def own_report_body(report: OwnReport) -> dict[str, Any]:
    """The worker's own view."""
    standing = report.standing
    skill = standing.skill
    return {
        "level": standing.enrolment.trust_level,
        "access": report.access | {"is_warned": any(_is_warning(decision.change) for decision in standing.changes[:1])},
        "pay": _pay_body(report.pay, standing.project),
        "answers": standing.answered,
        "skill": (
            None
            if skill is None
            else {
                "mean": skill.mean,
                "low": skill.low,
                "high": skill.high,
                "of_first_answers": standing.counted,
                "moves_every": standing.step,
            }
        ),
        "decisions": [
            {
                "id": str(change.uid),
                "from": change.from_level,
                "to": change.to_level,
                "reason": change.reason,
                "rule": change.rule,
                "rule_version": change.rule_version,
                "expires_at": zulu_or_none(change.expires_at),
                "created_at": zulu(change.created_at),
            }
            for change in (decision.change for decision in standing.changes)
        ],
        "confirmed_flags": [{"kind": flag.kind, "decided_at": zulu_or_none(flag.decided_at)} for flag in report.flags],
        "made_good": [
            {"kind": line.kind, "apology": line.detail.get("apology", ""), "created_at": zulu(line.created_at)}
            for line in report.restitutions
        ],
    }


def restitution_body(row: Restitution) -> dict[str, Any]:
    """A restitution without its lines."""
    subject = row.gold.task.key if row.gold is not None else str(row.change.uid) if row.change is not None else ""
    return {
        "id": str(row.uid),
        "kind": row.kind,
        "state": row.state,
        "subject": subject,
        "before": row.before,
        "after": row.after,
        "reason": row.reason,
        "created_at": zulu(row.created_at),
        "finished_at": zulu_or_none(row.finished_at),
    }


def line_body(line: RestitutionLine) -> dict[str, Any]:
    """One line of a restitution."""
    return {
        "worker": worker_body(line.worker),
        "kind": line.kind,
        "subject": str(line.subject),
        "detail": line.detail,
        "created_at": zulu(line.created_at),
    }


def report_rows(report: WorkerReport) -> Iterator[list[str]]:
    """The report as a long table: section, name, value, low, high, n; texts that would be formulas are guarded."""
    yield ["section", "name", "value", "low", "high", "n"]
    figures = {} if report.reading is None else report.reading.figures
    for source, table in (figures.get("sources") or {}).items():
        for k, row in enumerate(() if table is None else table["per_label"]):
            yield _cells(f"skill by {source}", row["label"], row["value"], row["low"], row["high"], row["n"])
            for g, cell in enumerate(table["confusion"][k]):
                name = f"{row['label']} given {figures['labels'][g]}"
                yield _cells(f"confusion by {source}", name, cell["value"], cell["low"], cell["high"], cell["count"])
    for name, value in (figures.get("speed") or {}).items():
        yield _cells("speed", name, value)
    for flag in report.flags:
        yield _cells("flag", f"{flag.kind}: {flag.state}", flag.p_value)
    for change in report.changes:
        yield _cells("change", f"{change.from_level} to {change.to_level}: {change.reason}", change.created_at)


def _cells(*values: Any) -> list[str]:
    cells = ["" if value is None else neutral(str(value)) for value in values]
    return cells + [""] * (6 - len(cells))


def _pay_body(pay: dict[str, dict[str, int]], project: Project) -> dict[str, Any]:
    return {
        state: {"answers": row["answers"], **money(row["micros"], project.currency)}
        for state, row in sorted(pay.items())
    }


def _is_warning(change: TrustChange) -> bool:
    return change.from_level == change.to_level
