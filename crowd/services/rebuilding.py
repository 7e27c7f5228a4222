"""Rebuilds what was inferred on a project from its answers alone, and says where that differs from what was there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isclose
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.errors import Conflict
from crowd.models import Adjudication, Answer, Consensus, Enrolment, ItemScore, Project, Skill
from crowd.policies.known_answers import answer_of
from crowd.policies.trust_replay import replay_trust
from crowd.queries.forms import form_of, guess_choices
from crowd.queries.trust_history import trust_history
from crowd.services.adjudication import note_evidence
from crowd.services.refit import refit_project
from crowd.services.trust import store_record

# Sums over the same answers in the same order: whatever differs by more was not the same computation.
RELATIVE, ABSOLUTE = 1e-9, 1e-12
FITS_TO_REST = 4
# When a row was written, by which fit, under which key, is not what was inferred.
NOT_INFERRED = {"id", "run_id", "updated_at"}
MODELS = {"consensus": (Consensus, "task_id"), "skill": (Skill, "worker_id"), "item score": (ItemScore, "item")}

Rows = dict[tuple[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Rebuilt:
    """How many rows were rebuilt, and each difference in words; none where the two are equal."""

    rows: int
    differences: list[str] = field(default_factory=list)


def rebuild_project(*, project: Project, is_kept: bool) -> Rebuilt:
    """Delete consensus, skill and item scores, make them anew from answers, compare; keep what was made if asked.

    A full fit first brings what is there up to date. What was there stays where the rebuilt rows differ and
    ``is_kept`` is False. Raises Conflict while a fit runs or answers wait for processing.
    """
    if Answer.objects.filter(project=project, processed_at__isnull=True).exists():
        raise Conflict("answers wait for processing; let the workers finish first")
    _bring_up_to_date(project)
    with transaction.atomic():
        before = _rows(project)
        for model, _ in MODELS.values():
            model.objects.filter(project=project).delete()  # type: ignore[attr-defined]
        _replay_golds(project)
        _replay_adjudications(project)
        refit_project(project_id=project.pk)
        after = _rows(project)
        differences = list(_differences(before, after))
        if not is_kept:
            transaction.set_rollback(True)
    return Rebuilt(len(after), differences)


def _bring_up_to_date(project: Project) -> None:
    # A fit settles tasks, and what is evidence among workers rests on settled tasks: the next fit sees it.
    rows: Rows | None = None
    for _ in range(FITS_TO_REST):
        if refit_project(project_id=project.pk) is None and Answer.objects.filter(project=project).exists():
            raise Conflict("a fit of the project is running; try again when it has ended")
        before, rows = rows, _rows(project)
        if before is not None and not any(_differences(before, rows)):
            return


def _replay_golds(project: Project) -> None:
    n_labels = guess_choices(project)
    for enrolment in Enrolment.objects.filter(project=project).select_related("project", "worker").iterator():
        history = trust_history(enrolment)
        if not history.golds:
            continue
        now = timezone.now()
        replayed = replay_trust(history.golds, history.changes, n_labels=n_labels, now=now, struck=history.struck)
        skill = Skill.objects.create(project=project, worker=enrolment.worker, updated_at=now)
        store_record(skill, replayed.record, now)


def _replay_adjudications(project: Project) -> None:
    for decision in Adjudication.objects.filter(project=project).select_related("task").order_by("id"):
        # Whoever answered later knew nothing of the dispute, nor did the count.
        answers = Answer.objects.filter(task=decision.task, created_at__lte=decision.created_at)
        form, value = form_of(project, decision.task.payload), answer_of(decision, project.label_values)
        note_evidence(answers=list(answers), form=form, value=value)


def _rows(project: Project) -> Rows:
    found: Rows = {}
    for name, (model, key) in MODELS.items():
        for row in model.objects.filter(project=project).values():  # type: ignore[attr-defined]
            found[name, row[key]] = {column: value for column, value in row.items() if column not in NOT_INFERRED}
    return found


def _differences(before: Rows, after: Rows) -> Iterator[str]:
    for which in sorted(before.keys() | after.keys(), key=str):
        name = f"{which[0]} of {which[1]}"
        if which not in after:
            yield f"{name}: was there and is not rebuilt"
        elif which not in before:
            yield f"{name}: is rebuilt and was not there"
        else:
            columns = [column for column, value in before[which].items() if not _is_same(value, after[which][column])]
            if columns:
                yield f"{name}: differs in {', '.join(columns)}"


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (float, int)):
        return isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    return bool(one == other)
