"""Rows in bulk: made without the constructor, they are the same rows, in the database too."""

from __future__ import annotations

import gc
import uuid
from typing import Any

import pytest
from cast import Cast
from django.utils import timezone

from crowd.models import Answer, Assignment, Task
from crowd.queries.task_keys import tasks_by_key
from crowd.services.bulk_rows import COPY_FROM, insert_rows, row_maker
from crowd.services.collector import SELDOM, seldom_collecting

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Task, Assignment, Answer])
def test_a_made_row_is_what_the_constructor_makes_of_the_same_fields(cast: Cast, model: Any) -> None:
    same = {"project_id": cast.project.pk, "uid": uuid.uuid4()}
    if model is Task:
        same |= {"rnd": 0.5, "opened_at": timezone.now()}
    made, constructed = row_maker(model, **same)(), model(**same)

    def fields(row: Any) -> dict[str, Any]:
        return {name: value for name, value in vars(row).items() if name != "_state"}

    assert fields(made) == fields(constructed)
    assert (made._state.adding, made._state.db) == (constructed._state.adding, constructed._state.db) == (True, None)


def test_each_made_row_has_a_draw_of_its_own_and_its_own_fields(cast: Cast) -> None:
    make = row_maker(Task, project_id=cast.project.pk, overlap=1)
    rows = [make(key=f"m{i}", payload={"text": "ä\t\\N"}) for i in range(COPY_FROM)]
    assert len({row.uid for row in rows}) == len({row.rnd for row in rows}) == COPY_FROM
    insert_rows(Task, rows)
    stored = Task.objects.filter(key__startswith="m").order_by("id")
    assert [(row.pk, row.uid, row.key, row.payload, row.overlap, row.created_at) for row in stored] == [
        (row.pk, row.uid, row.key, row.payload, 1, row.created_at) for row in rows
    ]


def test_tasks_are_found_by_their_keys_in_their_own_project(cast: Cast) -> None:
    [task] = Task.objects.filter(project=cast.project, key="t1")
    assert tasks_by_key(cast.project, ["t1", "none", "'", '{"}']) == [("t1", task.pk, task.state)]
    assert tasks_by_key(cast.project, []) == []


def test_the_collector_is_as_before_after_rows_have_streamed_by() -> None:
    before, inside = gc.get_threshold(), []

    def stream() -> None:
        with seldom_collecting():
            inside.append(gc.get_threshold())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stream()
    assert (inside, gc.get_threshold()) == ([SELDOM], before)
