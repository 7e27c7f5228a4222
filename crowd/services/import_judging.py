"""Judges a chunk of rows against the project: what can be written, and what is wrong with the rest; writes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from crowd.enums import AnswerType, TaskState, WorkerKind
from crowd.errors import InvalidAnswer
from crowd.formats.rows import FoundAnswer, FoundRow, RowProblem
from crowd.models import Assignment, ImportedWorker, Project
from crowd.policies.payloads import check_payload
from crowd.policies.wording import shorten
from crowd.queries.task_keys import tasks_by_key
from crowd.services.import_values import ValueReader
from crowd.services.tasks import MAX_KEY_LENGTH

MAX_WORKER_LENGTH = 200
# A clock may be a little ahead.
TOLERANCE = timedelta(minutes=5)
WorkerName = tuple[str, str]


@dataclass(slots=True)
class ReadyAnswer:
    """An answer that fits the project."""

    worker: WorkerName
    value: Any
    label_index: int | None
    elapsed_seconds: float
    answered_at: datetime
    model: dict[str, Any]


@dataclass(slots=True)
class ReadyRow:
    """A row that can be written. ``task_id``: of its task, if it exists; ``makes_task``: the first row to name it."""

    key: str
    task_id: int | None
    makes_task: bool
    payload: dict[str, Any]
    priority: int
    gold: list[Any] | None
    reason: str
    answers: list[ReadyAnswer] = field(default_factory=list)
    skips: list[WorkerName] = field(default_factory=list)


@dataclass
class Judged:
    """A chunk after judgement."""

    rows: list[ReadyRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    rows_passed_over: int = 0


class SeenNames:
    """What earlier chunks of a file have named, with the row: on disk, so that memory does not grow with the file."""

    def __init__(self) -> None:
        # An empty name is a temporary database that SQLite keeps in memory while it is small.
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID")

    def rows_of(self, names: Sequence[str]) -> dict[str, int]:
        """The row of each name that has been seen."""
        found: dict[str, int] = {}
        for start in range(0, len(names), 500):
            part = names[start : start + 500]
            marks = ",".join("?" * len(part))
            found.update(self._base.execute(f"SELECT name, row FROM seen WHERE name IN ({marks})", part))  # noqa: S608
        return found

    def add(self, names: Iterable[tuple[str, int]]) -> None:
        """Remember names with their rows."""
        self._base.execute("BEGIN")
        self._base.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", names)
        self._base.execute("COMMIT")

    def close(self) -> None:
        """Throw it away."""
        self._base.close()


class Judge:
    """Judges the chunks of one import in their order. ``seen`` only where earlier chunks are not in the database."""

    def __init__(self, *, project: Project, name: str, at: datetime, seen: SeenNames | None = None) -> None:
        self._project, self._name, self.at, self._seen = project, name, at, seen
        self._values = ValueReader(project)
        self._answer_type = AnswerType(project.answer_type)

    def judge(self, rows: Sequence[FoundRow | RowProblem]) -> Judged:
        """What of the rows can be written; a row is taken whole or not at all."""
        judged = Judged()
        found = [row for row in rows if isinstance(row, FoundRow) and not row.is_passed_over]
        for row in found:
            row.key = row.key or f"{self._name}-{row.number}"
        tasks = self._tasks({row.key for row in found if len(row.key) <= MAX_KEY_LENGTH})
        given = self._given(tasks, found)
        names: dict[str, int] = {}
        earlier = self._earlier(found)
        for entry in rows:
            if isinstance(entry, RowProblem):
                judged.problems.append(entry)
            elif entry.is_passed_over:
                judged.rows_passed_over += 1
            else:
                try:
                    judged.rows.append(self._row(entry, tasks, given, names, earlier))
                except RowProblem as problem:
                    judged.problems.append(problem)
        if self._seen is not None:
            self._seen.add(names.items())
        return judged

    def _row(
        self,
        row: FoundRow,
        tasks: dict[str, tuple[int, str]],
        given: set[tuple[int, WorkerName]],
        names: dict[str, int],
        earlier: dict[str, int],
    ) -> ReadyRow:
        number = row.number
        if len(row.key) > MAX_KEY_LENGTH:
            raise RowProblem(number, f"the task's key must have 1 to {MAX_KEY_LENGTH} characters", "key")
        task = tasks.get(row.key)
        first = names.get(row.key, earlier.get(row.key))
        if not row.is_addition:
            if first is not None:
                raise RowProblem(number, f"the task {shorten(row.key)} is in row {first} already", "key")
            if task is not None:
                raise RowProblem(number, f"the project already has a task {shorten(row.key)}", "key")
        for problem in [] if row.payload is None else check_payload(row.payload, self._answer_type, "/payload"):
            raise RowProblem(number, f"{problem.pointer}: {problem.detail}", "payload")
        ready = ReadyRow(
            key=row.key,
            task_id=None if task is None else task[0],
            makes_task=task is None and first is None,
            payload=row.payload if row.payload is not None else {"task": row.key},
            priority=row.priority,
            gold=None if row.gold is None or task is not None else self._gold(row),
            reason=row.reason,
        )
        own: dict[str, int] = {row.key: number} if first is None else {}
        for answer in row.answers:
            ready.answers.append(self._answer(number, answer, row.payload))
        ready.skips.extend((kind, name) for name, kind in row.skips)
        people = [answer.worker for answer in ready.answers] + ready.skips
        for worker in people:
            kind, name = worker
            if not name or len(name) > MAX_WORKER_LENGTH:
                raise RowProblem(number, f"a worker's name must have 1 to {MAX_WORKER_LENGTH} characters", "worker")
            pair = f"{row.key}\0{kind}\0{name}"
            before = own.get(pair, names.get(pair, earlier.get(pair)))
            if before is not None:
                raise RowProblem(
                    number, f"worker {shorten(name)} has answered task {shorten(row.key)} in row {before}", "worker"
                )
            if task is not None and (task[0], worker) in given:
                raise RowProblem(
                    number, f"worker {shorten(name)} has answered task {shorten(row.key)} before", "worker"
                )
            own[pair] = number
        names.update(own)
        return ready

    def _answer(self, number: int, answer: FoundAnswer, payload: dict[str, Any] | None) -> ReadyAnswer:
        try:
            value, label_index = self._values.read(answer.value, is_text=answer.is_text, payload=payload)
        except InvalidAnswer as error:
            raise RowProblem(number, error.detail, "label") from None
        return ReadyAnswer(
            (answer.kind, answer.worker),
            value,
            label_index,
            answer.elapsed_seconds,
            self._time(number, answer),
            answer.model,
        )

    def _gold(self, row: FoundRow) -> list[Any]:
        labels = row.gold or []
        if not labels:
            raise RowProblem(row.number, "a gold needs at least one right label", "gold")
        right: list[Any] = []
        for label in labels:
            try:
                canonical = self._values.read(label, is_text=row.is_gold_text, payload=row.payload)[0]
                if canonical not in right:
                    right.append(canonical)
            except InvalidAnswer as error:
                raise RowProblem(row.number, error.detail, "gold") from None
        return right

    def _time(self, number: int, answer: FoundAnswer) -> datetime:
        if not answer.answered_at:
            return self.at
        try:
            moment = parse_datetime(answer.answered_at)
        except ValueError:
            moment = None
        if moment is None:
            raise RowProblem(number, f"{shorten(answer.answered_at)} is no time; write ISO 8601", "answered_at")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if not datetime(1990, 1, 1, tzinfo=UTC) <= moment <= self.at + TOLERANCE:
            raise RowProblem(number, f"{answer.answered_at} does not lie between 1990 and now", "answered_at")
        return moment

    def _tasks(self, keys: set[str]) -> dict[str, tuple[int, str]]:
        return {key: (task_id, state) for key, task_id, state in tasks_by_key(self._project, keys)}

    def _given(self, tasks: dict[str, tuple[int, str]], found: Sequence[FoundRow]) -> set[tuple[int, WorkerName]]:
        """Which of the workers that the rows name have had which of the tasks that exist."""
        if not tasks:
            return set()
        names = {answer.worker for row in found for answer in row.answers} | {n for row in found for n, _ in row.skips}
        named = ImportedWorker.objects.filter(project=self._project, name__in=names)
        workers = {worker: (kind, name) for worker, kind, name in named.values_list("worker_id", "kind", "name")}
        if not workers:
            return set()
        rows = Assignment.objects.filter(
            task_id__in=[task_id for task_id, _ in tasks.values()], worker_id__in=list(workers)
        )
        return {(task_id, workers[worker_id]) for task_id, worker_id in rows.values_list("task_id", "worker_id")}

    def _earlier(self, found: Sequence[FoundRow]) -> dict[str, int]:
        if self._seen is None:
            return {}
        names = [row.key for row in found]
        for row in found:
            names += [f"{row.key}\0{answer.kind}\0{answer.worker}" for answer in row.answers]
            names += [f"{row.key}\0{kind}\0{worker}" for worker, kind in row.skips]
        return self._seen.rows_of(names)


def takes_part(kind: str, state: str) -> bool:
    """Whether an answer of that kind of worker may hold a place of a task in that state."""
    return kind == WorkerKind.HUMAN and state not in (TaskState.GOLD, TaskState.CANCELLED)
