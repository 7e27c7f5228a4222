"""The hot path: claims and submits in one call of the database, where nothing is unusual.

Everything here answers None for what is unusual; `assignments` or `answers` then decide with the same rules, one
statement after the other. The functions live in the migrations (0005); on SQLite in `sqlite_calls`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection

from crowd.enums import AnswerType, WorkerKind
from crowd.errors import InvalidAnswer
from crowd.models import Answer, Assignment, Project, Task, Worker
from crowd.policies.answer_types import LABELLED, PER_TASK, AnswerForm, answer_form
from crowd.policies.votes import takes_place
from crowd.services import sqlite_calls
from crowd.services.gold_draws import Basis, draws_gold, random_start, recent
from crowd.services.locks import worker_key

UNKNOWN = Basis(rate=-1.0, right=0, wrong=0)
FORMS_KEPT = 5_000
WORKERS_KEPT = 50_000

CLAIM = "SELECT * FROM assay_claim(%s, %s, %s, %s, %s, %s, %s, %s)"
SUBMIT = "SELECT * FROM assay_submit(%s, %s, %s, %s::jsonb, %s::smallint, %s)"
SUBMIT_CLAIM = "SELECT * FROM assay_submit_claim(%s, %s, %s, %s::jsonb, %s::smallint, %s, %s, %s, %s, %s, %s, %s)"

_SQLITE: dict[str, Callable[..., tuple[Any, ...] | None]] = {
    CLAIM: sqlite_calls.claim,
    SUBMIT: sqlite_calls.submit,
    SUBMIT_CLAIM: sqlite_calls.submit_claim,
}


@dataclass(frozen=True)
class _Asked:
    """What a project asks for; ``form`` is None where it depends on the task."""

    options: dict[str, Any]
    form: AnswerForm | None


# What the last claim of a worker in this process showed: a guess at the project of the next submit, verified there.
_asked_by_project: dict[uuid.UUID, _Asked] = {}
_project_of_worker: dict[int, uuid.UUID] = {}

ClaimRow = tuple[Any, ...]


@dataclass(frozen=True)
class Both:
    """A stored answer, its project, and the row of the claim that followed: None where the caller must make it."""

    answer: Answer
    project_uid: uuid.UUID
    row: ClaimRow | None


@dataclass(frozen=True)
class _Prepared:
    """A canonical value with its label index, for a project at which the worker is likely to be."""

    project_uid: uuid.UUID
    value: Any
    label_index: int | None


def is_available(worker: Worker) -> bool:
    """Whether the hot path serves this worker: people."""
    return takes_place(worker.kind)


def claim(*, project_uid: uuid.UUID, worker: Worker) -> ClaimRow | None:
    """The row of ``assay_claim``; None where it has a status of "careful"."""
    for _ in range(3):
        row = _call(CLAIM, (project_uid, worker.pk, worker_key(worker.pk), *_draw(project_uid, worker.pk)))
        if row is None or row[0] != "basis":
            return _noted(project_uid, worker, row)
        _learn(project_uid, worker.pk, row)
    return None


def submit(*, assignment_uid: uuid.UUID, worker: Worker, value: Any) -> Answer | None:
    """The stored answer; None where the submit is not the first, in time and in the project last claimed in."""
    prepared = _prepared(worker, value)
    if prepared is None:
        return None
    row = _call(SUBMIT, _submit_parameters(assignment_uid, worker, prepared))
    return None if row is None or row[0] is None else _answer(row, worker, prepared)


def submit_and_claim(*, assignment_uid: uuid.UUID, worker: Worker, value: Any) -> Both | None:
    """Submit and claim in one call; None where `submit` would answer None."""
    prepared = _prepared(worker, value)
    if prepared is None:
        return None
    project_uid = prepared.project_uid
    row = _call(
        SUBMIT_CLAIM,
        (
            *_submit_parameters(assignment_uid, worker, prepared),
            *(worker_key(worker.pk), *_draw(project_uid, worker.pk)),
        ),
    )
    if row is None or row[0] is None:
        return None
    answer, claimed = _answer(row[:9], worker, prepared), row[9:]
    if claimed[0] == "basis":
        _learn(project_uid, worker.pk, claimed)
        return Both(answer, project_uid, claim(project_uid=project_uid, worker=worker))
    return Both(answer, project_uid, _noted(project_uid, worker, claimed))


def assignment_of(row: ClaimRow, project_uid: uuid.UUID, worker: Worker) -> Assignment:
    """The assignment of a claim's row, with as much of its task and project as a reply needs."""
    (pk, uid, task_id, is_gold, holds_place, reserved, shard_id, claimed_at, deadline) = row[1:10]
    (task_uid, key, payload, project_id, answer_type, labels, currency, lease_seconds) = row[10:18]
    task = Task.from_db(None, ("id", "uid", "project_id", "key", "payload"), (task_id, task_uid, project_id, key, None))
    task.payload = json.loads(payload)
    project = Project.from_db(
        None,
        ("id", "uid", "answer_type", "labels", "answer_options", "lease_seconds", "currency"),
        (
            *(project_id, project_uid, answer_type, _labels(labels)),
            *(_asked_by(project_uid, answer_type, labels).options, lease_seconds, currency),
        ),
    )
    assignment = Assignment(
        id=pk,
        uid=uid,
        state="active",
        is_gold=is_gold,
        holds_place=holds_place,
        reserved_micros=reserved,
        shard_id=shard_id,
        claimed_at=claimed_at,
        deadline=deadline,
        project=project,
        task=task,
        worker=worker,
    )
    for model in (assignment, task, project):
        model._state.adding, model._state.db = False, connection.alias
    return assignment


def _draw(project_uid: uuid.UUID, worker_id: int) -> tuple[float, float, int, int, bool]:
    basis = recent.get(worker_id, project_uid)
    wants_gold = False if basis is None else draws_gold(basis)
    basis = basis or UNKNOWN
    return random_start(), basis.rate, basis.right, basis.wrong, wants_gold


def _learn(project_uid: uuid.UUID, worker_id: int, row: ClaimRow) -> None:
    recent.put(worker_id, project_uid, Basis(*row[18:21]))


def _noted(project_uid: uuid.UUID, worker: Worker, row: ClaimRow | None) -> ClaimRow | None:
    if row is None or row[0] == "careful":
        return None
    if row[0] == "assigned":
        if len(_project_of_worker) > WORKERS_KEPT:
            _project_of_worker.clear()
        _project_of_worker[worker.pk] = project_uid
        _asked_by(project_uid, row[14], row[15])
    return row


def _asked_by(project_uid: uuid.UUID, answer_type: str, labels: str) -> _Asked:
    """From this process's memory: labels and options are fixed once a project has tasks, so this cannot go stale."""
    asked = _asked_by_project.get(project_uid)
    if asked is None:
        kind, values = AnswerType(answer_type), [label["value"] for label in _labels(labels)]
        # The functions of the database know labels only; the options of other types are read once.
        options = (
            {} if kind in LABELLED else Project.objects.values_list("answer_options", flat=True).get(uid=project_uid)
        )
        asked = _Asked(options, None if kind in PER_TASK else answer_form(kind, values, options))
        if len(_asked_by_project) > FORMS_KEPT:
            _asked_by_project.clear()
        _asked_by_project[project_uid] = asked
    return asked


def _prepared(worker: Worker, value: Any) -> _Prepared | None:
    project_uid = _project_of_worker.get(worker.pk)
    asked = None if project_uid is None else _asked_by_project.get(project_uid)
    if project_uid is None or asked is None or asked.form is None:
        return None
    try:
        canonical = asked.form.canonical(value)
        return _Prepared(project_uid, canonical, asked.form.label_index(canonical))
    except InvalidAnswer:
        return None  # of that project: the assignment may be of another


def _submit_parameters(assignment_uid: uuid.UUID, worker: Worker, prepared: _Prepared) -> tuple[Any, ...]:
    is_model = worker.kind != WorkerKind.HUMAN
    value = json.dumps(prepared.value)
    return assignment_uid, worker.pk, prepared.project_uid, value, prepared.label_index, is_model


def _answer(row: Sequence[Any], worker: Worker, prepared: _Prepared) -> Answer:
    pk, uid, created_at, elapsed_seconds, assignment_id, task_id, project_id, is_gold, holds_place = row
    answer = Answer(
        id=pk,
        uid=uid,
        project_id=project_id,
        task_id=task_id,
        worker=worker,
        assignment_id=assignment_id,
        value=prepared.value,
        label_index=prepared.label_index,
        is_gold=is_gold,
        is_model=worker.kind != WorkerKind.HUMAN,
        holds_place=holds_place,
        elapsed_seconds=elapsed_seconds,
        created_at=created_at,
    )
    answer._state.adding, answer._state.db = False, connection.alias
    return answer


@lru_cache(maxsize=FORMS_KEPT)
def _labels(labels: str) -> list[dict[str, str]]:
    parsed: list[dict[str, str]] = json.loads(labels)
    return parsed


def _call(statement: str, parameters: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """One prepared statement; on SQLite what stands for it.

    Outside a transaction a connection that the server has closed is made anew, once. Both functions may be repeated: a
    claim then returns what was claimed, a submit finds itself done.
    """
    if connection.vendor == "sqlite":
        row: tuple[Any, ...] | None = _SQLITE[statement](*parameters)
        return row
    for is_last in (False, True):
        if connection.connection is None:
            connection.ensure_connection()
        raw = connection.connection
        try:
            with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
                return cursor.execute(statement, parameters, prepare=True).fetchone()
        except Exception:
            if is_last or connection.in_atomic_block or not getattr(raw, "closed", False):
                raise
            connection.close()
    raise AssertionError("unreachable")
