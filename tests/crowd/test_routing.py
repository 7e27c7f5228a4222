"""Routing: begun tasks first, the least sure first, within what the manager asked for."""

from __future__ import annotations

import pytest
from cast import make_cast

from crowd.enums import TaskState
from crowd.models import Task
from crowd.policies.routing import BANDS, HIGHEST, UNTOUCHED, asked_priority, band_of, routed
from crowd.services.tasks import NewTask, add_tasks


@pytest.mark.parametrize("asked", [-1000, -3, 0, 7, 1000])
@pytest.mark.parametrize("band", [0, 3, BANDS - 1])
def test_what_the_manager_asked_is_kept_apart_from_the_band(asked: int, band: int) -> None:
    assert asked_priority(routed(asked=asked, band=band)) == asked
    assert routed(asked=asked, band=band) < routed(asked=asked + 1, band=0)


def test_the_surer_the_lower_but_above_what_nobody_has_begun() -> None:
    bands = [band_of(answers=2, confidence=confidence, n_labels=3) for confidence in (1 / 3, 0.5, 0.7, 0.9, 1.0)]
    assert bands == sorted(bands, reverse=True)
    assert bands[0] == HIGHEST
    assert bands[-1] > band_of(answers=0, confidence=1 / 3, n_labels=3) == UNTOUCHED


def test_a_band_outside_the_level_is_refused() -> None:
    with pytest.raises(ValueError, match="band is 8"):
        routed(asked=0, band=8)


@pytest.mark.django_db
def test_a_begun_task_comes_before_untouched_ones() -> None:
    cast = make_cast(tasks=30, workers=2)
    begun = cast.answer(cast.workers[0]).answer.task
    claim = cast.claim(cast.workers[1])
    assert claim.assignment is not None
    assert claim.assignment.task_id == begun.pk


@pytest.mark.django_db
def test_the_manager_goes_before_routing() -> None:
    cast = make_cast(tasks=5, workers=2)
    cast.answer(cast.workers[0])
    add_tasks(project=cast.project, tasks=[NewTask(key="urgent", payload={}, priority=1)], actor=cast.owner)
    claim = cast.claim(cast.workers[1])
    assert claim.assignment is not None
    assert claim.assignment.task.key == "urgent"


@pytest.mark.django_db
def test_disagreement_moves_a_task_up() -> None:
    cast = make_cast(tasks=2, workers=3, max_overlap=3)
    for worker, value in ((cast.workers[0], "positive"), (cast.workers[1], "negative")):
        for _ in range(2):
            claim = cast.claim(worker)
            assert claim.assignment is not None
            cast.answer(worker, value if claim.assignment.task.key == "t1" else "positive")
    agreed, split = cast.task("t2"), cast.task("t1")
    assert (agreed.state, split.state) == (TaskState.COMPLETE, TaskState.OPEN)
    assert split.priority > Task.objects.get(key="t2").priority
