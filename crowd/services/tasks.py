"""Adds tasks and golds to a project, all of a call or none."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import AnswerType, EventKind, TaskState
from crowd.errors import FieldProblem, InvalidInput
from crowd.models import Audit, Gold, Project, Task, User
from crowd.policies.answer_types import read_right_answers
from crowd.policies.gold import spread_over_labels
from crowd.policies.payloads import check_payload
from crowd.policies.routing import BEGUN, UNTOUCHED, routed
from crowd.policies.wording import shorten
from crowd.queries.forms import form_of
from crowd.services.bulk_rows import insert_rows, row_maker
from crowd.services.events import record_event
from crowd.services.prices import gold_price_problems

BATCH = 2000
MAX_KEY_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A task to add: ``key`` is the requester's own name for it, unique in the project.

    ``answers``: how many answers of people the caller writes with it, in the same transaction.
    """

    key: str
    payload: dict[str, Any]
    priority: int = 0
    answers: int = 0


@dataclass(frozen=True, kw_only=True)
class NewGold:
    """A gold task to add; ``labels``: every answer that counts as right. The reason is for training and appeals."""

    key: str
    payload: dict[str, Any]
    labels: tuple[Any, ...] = field(default_factory=tuple)
    reason: str = ""


def add_tasks(*, project: Project, tasks: Sequence[NewTask], actor: User) -> int:
    """Add open tasks; returns how many. Raises InvalidInput naming each bad row, with nothing added."""
    with transaction.atomic():
        problems = _key_problems(project, [task.key for task in tasks], "tasks")
        _refuse(problems + _payload_problems(project, [task.payload for task in tasks], "tasks"))
        insert_tasks(project=project, tasks=tasks)
        record_event(kind=EventKind.TASKS_ADDED, project=project, actor=actor, detail={"tasks": len(tasks)})
    return len(tasks)


def add_golds(*, project: Project, golds: Sequence[NewGold], actor: User) -> int:
    """Add gold tasks; returns how many. Raises InvalidInput naming each bad row, with nothing added."""
    with transaction.atomic():
        problems = _key_problems(project, [gold.key for gold in golds], "golds")
        bad_payloads = _payload_problems(project, [gold.payload for gold in golds], "golds")
        # What a value may be can depend on the payload.
        _refuse(problems + bad_payloads)
        read: list[NewGold] = []
        for i, gold in enumerate(golds):
            right, found = read_right_answers(form_of(project, gold.payload), gold.labels, f"/golds/{i}/labels")
            read.append(replace(gold, labels=tuple(right)))
            problems += found
        problems += gold_price_problems(project=project, payloads=[gold.payload for gold in golds])
        _refuse(problems)
        insert_golds(project=project, golds=read)
        record_event(kind=EventKind.GOLDS_ADDED, project=project, actor=actor, detail={"golds": len(golds)})
    return len(golds)


def insert_tasks(*, project: Project, tasks: Sequence[NewTask]) -> list[Task]:
    """Write open tasks that have been checked, with the audits among them, in the caller's transaction."""
    chance = random.SystemRandom()
    # A task that comes with answers was begun elsewhere: it is no fair sample of what stopping early does.
    audited = [not task.answers and chance.random() < project.audit_share for task in tasks]
    make = row_maker(Task, project_id=project.pk, opened_at=timezone.now())
    rows = insert_rows(
        Task, [make(**_fields(project, task, is_audited)) for task, is_audited in zip(tasks, audited, strict=True)]
    )
    Audit.objects.bulk_create(
        [Audit(task=row, project=project) for row, is_audited in zip(rows, audited, strict=True) if is_audited],
        batch_size=BATCH,
    )
    return rows


def insert_golds(*, project: Project, golds: Sequence[NewGold]) -> list[Task]:
    """Write gold tasks that have been checked, labels canonical and each once, in the caller's transaction."""
    rows = Task.objects.bulk_create(
        [Task(project=project, key=gold.key, payload=gold.payload, state=TaskState.GOLD) for gold in golds],
        batch_size=BATCH,
    )
    places = spread_over_labels([json.dumps(gold.labels[0]) for gold in golds], random.SystemRandom())
    Gold.objects.bulk_create(
        [
            Gold(task=task, project=project, labels=list(gold.labels), reason=gold.reason, rnd=place)
            for task, gold, place in zip(rows, golds, places, strict=True)
        ],
        batch_size=BATCH,
    )
    return rows


def _fields(project: Project, new: NewTask, is_audited: bool) -> dict[str, Any]:
    taken = min(new.answers, project.max_overlap)
    overlap = max(taken, project.max_overlap if is_audited else project.min_overlap)
    band = BEGUN if 0 < taken < project.min_overlap else UNTOUCHED
    return {
        "key": new.key,
        "payload": new.payload,
        "priority": routed(asked=new.priority, band=band),
        "overlap": overlap,
        "open_slots": overlap - taken,
        "is_open": overlap > taken,
    }


def _payload_problems(project: Project, payloads: Sequence[dict[str, Any]], field_name: str) -> list[FieldProblem]:
    answer_type = AnswerType(project.answer_type)
    return [
        problem
        for i, payload in enumerate(payloads)
        for problem in check_payload(payload, answer_type, f"/{field_name}/{i}/payload")
    ]


def _key_problems(project: Project, keys: Sequence[str], field_name: str) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    if not keys:
        problems.append(FieldProblem(f"/{field_name}", "the list is empty; nothing to add"))
    first: dict[str, int] = {}
    taken: set[str] = set()
    for start in range(0, len(keys), BATCH):
        chunk = keys[start : start + BATCH]
        taken.update(Task.objects.filter(project=project, key__in=chunk).values_list("key", flat=True))
    for i, key in enumerate(keys):
        pointer = f"/{field_name}/{i}/key"
        if not key or len(key) > MAX_KEY_LENGTH:
            problems.append(FieldProblem(pointer, f"must have 1 to {MAX_KEY_LENGTH} characters"))
        elif key in first:
            problems.append(FieldProblem(pointer, f"{shorten(key)} repeats row {first[key]}"))
        elif key in taken:
            problems.append(FieldProblem(pointer, f"the project already has a task {shorten(key)}"))
        first.setdefault(key, i)
    return problems


def _refuse(problems: list[FieldProblem]) -> None:
    if problems:
        rows = "problem" if len(problems) == 1 else "problems"
        raise InvalidInput(f"{len(problems)} {rows} in the list; nothing was added", problems=tuple(problems[:100]))
