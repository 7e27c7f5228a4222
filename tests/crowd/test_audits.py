"""Audits: full overlap for a share of tasks, invisible, with the early stop written down when it would have come."""

from __future__ import annotations

import pytest
from cast import Cast, make_cast

from crowd.enums import TaskState
from crowd.models import Audit, Task
from crowd.queries.adaptive import adaptive_report
from crowd.services.refit import refit_project

pytestmark = pytest.mark.django_db


def audited(tasks: int = 1) -> Cast:
    return make_cast(tasks=tasks, workers=4, min_overlap=2, max_overlap=4, audit_share=1.0)


def test_the_share_is_drawn_at_random() -> None:
    cast = make_cast(tasks=400, audit_share=0.25)
    assert 60 <= Audit.objects.filter(project=cast.project).count() <= 140
    assert set(Task.objects.filter(audit__isnull=True).values_list("overlap", flat=True)) == {2}
    assert set(Task.objects.filter(audit__isnull=False).values_list("overlap", "open_slots")) == {(3, 3)}


def test_an_audited_task_goes_on_where_another_would_stop() -> None:
    cast = audited()
    for worker in cast.workers[:2]:
        cast.answer(worker, "positive")
    audit = Audit.objects.get()
    assert (audit.answers, audit.label_index) == (2, 2)
    assert cast.task().state == TaskState.OPEN
    for worker in cast.workers[2:]:
        cast.answer(worker, "negative")
    assert cast.task().state == TaskState.DISPUTED
    kept = Audit.objects.get()
    assert (kept.answers, kept.label_index, kept.stopped_at) == (2, 2, audit.stopped_at)


def test_a_full_fit_does_not_end_an_audit_early() -> None:
    cast = audited(tasks=3)
    for worker in cast.workers[:3]:
        for _ in range(3):
            cast.answer(worker, "positive")
    assert refit_project(project_id=cast.project.pk)
    assert set(Task.objects.values_list("state", "overlap")) == {(TaskState.OPEN, 4)}


def test_a_task_that_never_was_sure_saves_nothing() -> None:
    cast = audited()
    for worker, value in zip(cast.workers, ("positive", "negative", "neutral", "positive"), strict=True):
        cast.answer(worker, value)
    assert Audit.objects.get().stopped_at is None


def test_a_few_audited_tasks_say_nothing_yet() -> None:
    cast = audited(tasks=2)
    for worker in cast.workers:
        for _ in range(2):
            cast.answer(worker)
    report = adaptive_report(cast.project)
    assert (report.audited, report.savings.tasks, report.savings.saved) == (2, 2, None)
    assert report.savings.reason == "too_few_audited_tasks"
    assert report.answers_per_task is None


def test_enough_audited_tasks_tell_what_is_saved_and_kept() -> None:
    cast = audited(tasks=32)
    for n, worker in enumerate(cast.workers):
        while (claim := cast.claim(worker)).assignment is not None:
            turns = n >= 2 and claim.assignment.task.key in ("t1", "t2")
            cast.answer(worker, "negative" if turns else "positive")
    savings = adaptive_report(cast.project).savings
    assert savings.tasks == 32
    assert savings.saved == pytest.approx(0.5)
    assert savings.kept_low < savings.kept <= 1


def test_other_tasks_are_counted_apart() -> None:
    cast = make_cast(tasks=2)
    for worker in cast.workers[:2]:
        for _ in range(2):
            cast.answer(worker)
    report = adaptive_report(cast.project)
    assert (report.audited, report.others_finished, report.answers_per_task) == (0, 2, 2.0)
