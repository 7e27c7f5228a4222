"""Reads comparisons between named items, and where the items stand."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from crowd.errors import Conflict, InvalidInput
from crowd.models import AggregationRun, Answer, ItemScore, Project, Task
from crowd.policies.forms.labels import FIRST, SECOND
from crowd.policies.payloads import named_items_of
from crowd.queries.consensus import counted, newest_run

Comparison = tuple[Hashable, Hashable, Hashable, Hashable, Hashable]


@dataclass(frozen=True)
class Standing:
    """The items by falling score; ``run`` is None before the first fit. ``notes``: sentences to read with them."""

    run: AggregationRun | None
    items: list[ItemScore]
    named: int
    notes: list[str]


def standing_of(project: Project) -> Standing:
    """Where the items of a project of comparisons stand, from the newest full fit.

    Raises InvalidInput for another answer type, Conflict where there are more items than are scored.
    """
    if project.answer_type != "pairwise":
        raise InvalidInput(f"items are scored where answers are pairwise; this project's are {project.answer_type}")
    run = newest_run(project)
    said = {} if run is None or run.estimates is None else run.estimates.get("items", {})
    if said.get("refusal"):
        raise Conflict(said["refusal"])
    rows = list(ItemScore.objects.filter(project=project).order_by("place"))
    return Standing(run, rows, said.get("named", 0), said.get("notes", []))


def compared_items(project: Project) -> dict[int, tuple[str, str]]:
    """By id of a task with an answer, its two items, where both are named."""
    answered = Answer.objects.filter(task=OuterRef("pk"))
    rows = Task.objects.filter(Exists(answered), project=project).order_by("id").values_list("id", "payload")
    found: dict[int, tuple[str, str]] = {}
    for task_id, payload in rows.iterator():
        items = named_items_of(payload)
        if len(items) == 2:
            found[task_id] = (items[0], items[1])
    return found


def comparisons(project: Project, pairs: dict[int, tuple[str, str]]) -> Iterator[Comparison]:
    """(task, worker, first, second, preferred; None for a tie) of every answer that counts to these tasks."""
    rows = counted(Answer.objects.filter(project=project)).order_by("id").values_list("task_id", "worker_id", "value")
    for task_id, worker_id, value in rows.iterator():
        if task_id in pairs:
            first, second = pairs[task_id]
            yield task_id, worker_id, first, second, {FIRST: first, SECOND: second}.get(value)
