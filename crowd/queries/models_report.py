"""Reads what is known of a project's models: state, tests, calibration, cost, agreement, what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crowd.enums import WorkerKind
from crowd.models import Enrolment, ModelStanding, ModelTest, Project, VoteChange


@dataclass(frozen=True)
class ModelLine:
    """A model with its newest review (None before the first) and its newest tests and changes, newest first."""

    enrolment: Enrolment
    standing: ModelStanding | None
    tests: list[ModelTest]
    changes: list[VoteChange]


@dataclass(frozen=True)
class ModelsReport:
    """All models of a project; ``effective_votes`` of those that count, None where a group's cannot be said.

    ``reviewed_at``: of the oldest review among them.
    """

    lines: list[ModelLine]
    effective_votes: float | None
    reviewed_at: datetime | None


NEWEST = 20


def models_report(project: Project) -> ModelsReport:
    """Read them with the newest tests and changes; the figures are those of the job's review."""
    enrolments = list(
        Enrolment.objects.filter(project=project)
        .exclude(worker__kind=WorkerKind.HUMAN)
        .select_related("worker")
        .order_by("id")
    )
    ids = [enrolment.worker_id for enrolment in enrolments]
    standings = {
        row.worker_id: row
        for row in ModelStanding.objects.filter(project=project, worker__in=ids).select_related("test")
    }
    tests: dict[int, list[ModelTest]] = {}
    for test in ModelTest.objects.filter(project=project, worker__in=ids).order_by("-id"):
        tests.setdefault(test.worker_id, []).append(test)
    changes: dict[int, list[VoteChange]] = {}
    for change in VoteChange.objects.filter(project=project, worker__in=ids).select_related("actor", "test"):
        changes.setdefault(change.worker_id, []).insert(0, change)
    lines = [
        ModelLine(
            enrolment,
            standings.get(enrolment.worker_id),
            tests.get(enrolment.worker_id, [])[:NEWEST],
            changes.get(enrolment.worker_id, [])[:NEWEST],
        )
        for enrolment in enrolments
    ]
    return ModelsReport(
        lines, _effective_votes(lines), min((row.updated_at for row in standings.values()), default=None)
    )


def _effective_votes(lines: list[ModelLine]) -> float | None:
    """How many independent votes the models that count are worth together, groups taken for independent."""
    by_group: dict[str, Any] = {}
    for line in lines:
        if line.standing is not None and line.enrolment.vote_state != "shadow":
            by_group[line.standing.group] = line.standing.figures.get("group", {}).get("effective_votes")
    if any(worth is None for worth in by_group.values()):
        return None
    return float(sum(by_group.values()))
