"""Reads the rows of exports a page at a time: no cursor stays open, memory and locks do not grow with the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from crowd.enums import AnswerType, ExportKind, TaskState
from crowd.formats.writing import Column, Table
from crowd.models import Answer, Consensus, Enrolment, Event, Project, Skill
from crowd.policies.exports import ExportPlan
from crowd.queries.consensus import newest_run
from crowd.queries.workers import payout_report

PAGE = 5_000


def pages_of(rows: QuerySet[Any], fields: Sequence[str], size: int = PAGE) -> Iterator[list[Any]]:
    """The fields of every row, in the order of their ids, a page of tuples at a time; the id comes first.

    Each page is a query of its own behind the last id: on SQLite a reader that stays open could not write meanwhile.
    What changes while the pages are read may be in or not.
    """
    last = 0
    while True:
        page = list(rows.filter(id__gt=last).order_by("id").values_list("id", *fields)[:size])
        if page:
            yield page
        if len(page) < size:
            return
        last = page[-1][0]


def table_of(project: Project, plan: ExportPlan) -> Table:
    """The table of an export in CSV, JSON lines, Parquet or XLSX."""
    return _TABLES[plan.kind](project, plan)


def consensus_rows(project: Project, plan: ExportPlan) -> QuerySet[Consensus]:
    """The consensus rows that a plan asks for; gold tasks have none to export."""
    rows = Consensus.objects.filter(project=project).exclude(task__state=TaskState.GOLD)
    if plan.states:
        rows = rows.filter(task__state__in=plan.states)
    if plan.min_confidence is not None:
        rows = rows.filter(confidence__gte=plan.min_confidence)
    if plan.since is not None:
        rows = rows.filter(updated_at__gte=plan.since)
    return rows


def _consensus(project: Project, plan: ExportPlan) -> Table:
    labels, is_number = project.label_values, project.answer_type == AnswerType.NUMBER
    columns = [
        *(Column("task"), Column("label", "value"), Column("confidence", "float"), Column("answers", "whole")),
        *(Column("model"), Column("run"), Column("state"), Column("updated_at", "time")),
        *((Column("low", "float"), Column("high", "float")) if is_number else ()),
        Column("posterior", "posterior"),
    ]
    fields = (
        *("task__key", "label_index", "value", "confidence", "answers", "run__model", "run__uid", "task__state"),
        *("updated_at", "low", "high", "posterior"),
    )

    def rows() -> Iterator[Sequence[Any]]:
        for page in pages_of(consensus_rows(project, plan), fields):
            for _, key, label, value, confidence, answers, model, run, state, at, low, high, posterior in page:
                uid, found = None if run is None else str(run), value if label is None else labels[label]
                interval = (low, high) if is_number else ()
                yield key, found, confidence, answers, model, uid, state, at, *interval, posterior

    return Table(columns, rows(), labels)


def _answers(project: Project, plan: ExportPlan) -> Table:
    columns = [
        *(Column("task"), Column("worker"), Column("label", "value"), Column("worker_kind")),
        *(Column("elapsed_seconds", "float"), Column("answered_at", "time"), Column("is_gold", "flag")),
        *(Column("is_correct", "flag"), Column("is_surplus", "flag"), Column("answer")),
    ]
    fields = (
        *("task__key", "worker__uid", "value", "worker__kind", "elapsed_seconds", "created_at", "is_gold"),
        *("is_correct", "is_surplus", "uid"),
    )
    answers = Answer.objects.filter(project=project)
    if plan.states:
        answers = answers.filter(task__state__in=plan.states)
    if plan.since is not None:
        answers = answers.filter(created_at__gte=plan.since)

    def rows() -> Iterator[Sequence[Any]]:
        for page in pages_of(answers, fields):
            for _, key, worker, value, kind, seconds, at, is_gold, is_correct, is_surplus, uid in page:
                yield key, str(worker), value, kind, seconds, at, is_gold, is_correct, is_surplus, str(uid)

    return Table(columns, rows())


def _agreement(project: Project, plan: ExportPlan) -> Table:  # noqa: ARG001  nothing to filter
    floats = ("value", "low", "high", "se", "low_with_workers", "high_with_workers")
    columns = [
        *(Column("group"), Column("coefficient"), *(Column(name, "float") for name in floats)),
        *(Column("tasks", "whole"), Column("workers", "whole"), Column("answers", "whole")),
        *(Column("reason"), Column("run"), Column("measured_at", "time")),
    ]
    run = newest_run(project)

    def rows() -> Iterator[Sequence[Any]]:
        if run is None:
            return
        for group, figures in run.agreement.items():
            for name, figure in figures.items():
                sizes = (figure.get("tasks"), figure.get("workers"), figure.get("answers"))
                values = (figure.get(field) for field in floats)
                yield group, name, *values, *sizes, figure.get("reason"), str(run.uid), run.finished_at

    return Table(columns, rows())


def _trust(project: Project, plan: ExportPlan) -> Table:  # noqa: ARG001  nothing to filter
    floats = ("mean", "low", "high", "ability", "ability_low", "ability_high", "peer_agreed", "peer_differed")
    counts = ("gold_right", "gold_wrong", "adjudicated_right", "adjudicated_wrong")
    columns = [
        *(Column("worker"), Column("worker_kind"), Column("trust_level"), Column("vote_state")),
        *(Column(name, "whole") for name in counts),
        *(Column(f"skill_{name}" if name in ("mean", "low", "high") else name, "float") for name in floats),
        Column("enrolled_at", "time"),
    ]
    fields = ("worker_id", "worker__uid", "worker__kind", "trust_level", "vote_state", "created_at")
    nothing = (0,) * len(counts) + (None,) * len(floats)

    def rows() -> Iterator[Sequence[Any]]:
        for page in pages_of(Enrolment.objects.filter(project=project), fields):
            skills = Skill.objects.filter(project=project, worker_id__in=[row[1] for row in page])
            known = {row[0]: row[1:] for row in skills.values_list("worker_id", *counts, *floats)}
            for _, worker_id, uid, kind, level, vote, at in page:
                yield str(uid), kind, level, vote, *known.get(worker_id, nothing), at

    return Table(columns, rows())


def _events(project: Project, plan: ExportPlan) -> Table:
    columns = [
        *(Column("event"), Column("kind"), Column("at", "time"), Column("worker"), Column("actor")),
        *(Column("subject"), Column("detail", "value")),
    ]
    events = Event.objects.filter(project=project)
    if plan.since is not None:
        events = events.filter(created_at__gte=plan.since)

    def rows() -> Iterator[Sequence[Any]]:
        for page in pages_of(events, ("uid", "kind", "created_at", "worker__uid", "actor__uid", "subject", "detail")):
            for _, uid, kind, at, worker, actor, subject, detail in page:
                yield str(uid), kind, at, _uid(worker), _uid(actor), _uid(subject), detail

    return Table(columns, rows())


def _payouts(project: Project, plan: ExportPlan) -> Table:  # noqa: ARG001  nothing to filter
    columns = [
        Column("worker"),
        Column("worker_kind"),
        Column("owed", "amount"),
        Column("currency"),
        Column("answers", "whole"),
    ]

    def rows() -> Iterator[Sequence[Any]]:
        for line in payout_report(project):
            yield str(line.worker.uid), line.worker.kind, decimal(line.micros), project.currency, line.answers

    return Table(columns, rows())


def decimal(micros: int) -> str:
    """Micro-units as a decimal with six places, never through a float."""
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    return f"{sign}{micros // 1_000_000}.{micros % 1_000_000:06d}"


def _uid(value: Any) -> str | None:
    return None if value is None else str(value)


_TABLES = {
    ExportKind.CONSENSUS: _consensus,
    ExportKind.ANSWERS: _answers,
    ExportKind.AGREEMENT: _agreement,
    ExportKind.TRUST: _trust,
    ExportKind.EVENTS: _events,
    ExportKind.PAYOUTS: _payouts,
}
