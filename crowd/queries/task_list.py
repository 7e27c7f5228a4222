"""The list of a project's tasks for its managers: narrowed, ordered, without golds."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from django.db.models import Exists, OuterRef, QuerySet

from crowd.enums import TaskState
from crowd.models import Answer, Project, Task
from crowd.queries.keyset import KeysetPage, page_after

NEWEST, LEAST_SURE = "newest", "least_sure"
ORDERS = (NEWEST, LEAST_SURE)
# A list of golds among tasks would show them to whoever looks over a manager's shoulder; they have a page of their own.
STATES = tuple(state for state in TaskState if state != TaskState.GOLD)


@dataclass(frozen=True, kw_only=True)
class TasksAsked:
    """``state`` "" for any; ``sure_below``: confidence in [0, 1]; ``is_contested``: answers differ from the label."""

    state: str = ""
    key: str = ""
    sure_below: float | None = None
    is_contested: bool = False
    order: str = NEWEST


def task_page(project: Project, asked: TasksAsked, *, mark: str, size: int) -> KeysetPage:
    """A page of tasks with their consensus; two queries whatever the size of the project.

    The least sure first are those that have a consensus; others cannot be compared.
    """
    rows = _narrowed(project, asked)
    if asked.order == LEAST_SURE:
        rows = rows.filter(consensus__isnull=False)
        return page_after(rows, mark=mark, size=size, column="consensus__confidence")
    return page_after(rows, mark=mark, size=size, is_descending=True)


def entropy_bits(posterior: list[float] | None) -> float | None:
    """How undecided a posterior is: 0 when certain, log2 of the number of labels when nothing is known."""
    if not posterior:
        return None
    return -sum(share * log2(share) for share in posterior if share > 0)


def _narrowed(project: Project, asked: TasksAsked) -> QuerySet[Task]:
    rows = Task.objects.filter(project=project).exclude(state=TaskState.GOLD).select_related("consensus")
    if asked.state in STATES:
        rows = rows.filter(state=asked.state)
    if asked.key:
        rows = rows.filter(key__startswith=asked.key)
    if asked.sure_below is not None:
        rows = rows.filter(consensus__confidence__lt=asked.sure_below)
    if asked.is_contested:
        differs = Answer.objects.filter(task=OuterRef("pk"), label_index__isnull=False).exclude(
            label_index=OuterRef("consensus__label_index")
        )
        rows = rows.filter(Exists(differs), consensus__label_index__isnull=False)
    return rows
