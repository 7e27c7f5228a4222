"""The full fit: the truth that replaces the preview, one at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.enums import RunState, TaskState
from crowd.models import AggregationRun, Consensus, Project, Skill
from crowd.queries.posteriors import preview_posterior
from crowd.services import refit as refit_module
from crowd.services.refit import refit_project, request_refit
from crowd.services.sweep import work_off
from quality.aggregation import DawidSkene
from quality.answers import AnswerSet

pytestmark = pytest.mark.django_db

ROWS = [("positive", "positive"), ("negative", "negative"), ("neutral", "positive"), ("positive", "positive")]


def answered() -> tuple[Cast, list[tuple[str, str, str]]]:
    """A project of four tasks with two answers each, and the same as records."""
    cast = make_cast(tasks=4, max_overlap=2)
    records = []
    for n, worker in enumerate(cast.workers[:2]):
        for _ in range(4):
            claim = cast.claim(worker)
            assert claim.assignment is not None
            key = claim.assignment.task.key
            value = ROWS[int(key[1:]) - 1][n]
            cast.answer(worker, value)
            records.append((key, worker.name, value))
    return cast, records


def test_a_fit_stores_what_the_library_computes() -> None:
    cast, records = answered()
    run = refit_project(project_id=cast.project.pk)
    assert run is not None
    expected = DawidSkene().fit(AnswerSet.from_records(records, labels=cast.project.label_values))
    row_of = {key: i for i, key in enumerate(expected.tasks)}
    for consensus in Consensus.objects.select_related("task"):
        assert consensus.posterior == pytest.approx(expected.posterior[row_of[consensus.task.key]].tolist(), abs=1e-6)
        assert (consensus.run, consensus.answers) == (run, 2)
    assert (run.state, run.tasks, run.workers, run.answers) == (RunState.DONE, 4, 2, 8)
    assert run.prevalence == pytest.approx(expected.prevalence.tolist(), abs=1e-6)
    assert run.agreement["humans"]["krippendorff_alpha"]["tasks"] == 4
    matrices = [skill.confusion for skill in Skill.objects.filter(run=run)]
    assert len(matrices) == 2
    assert all(sum(row) == pytest.approx(1) for matrix in matrices for row in matrix)


def test_the_default_model_calibrates_and_the_preview_follows_it() -> None:
    cast = make_cast(tasks=12, workers=5, min_overlap=4, max_overlap=5, aggregation_model="auto")
    for n, worker in enumerate(cast.workers[:4]):
        while (claim := cast.claim(worker)).assignment is not None:
            task = int(claim.assignment.task.key[1:])
            # Each worker errs on another third of the tasks, the first never.
            cast.answer(worker, cast.project.label_values[(task + (n > 0 and task % 3 == n - 1)) % 3])
    sure_before = sum(Consensus.objects.values_list("confidence", flat=True))
    run = refit_project(project_id=cast.project.pk)
    assert run is not None
    assert run.model == "auto"
    assert run.notes
    assert 0.02 <= run.preview_weight < 1
    sure_after = sum(Consensus.objects.values_list("confidence", flat=True))
    assert sure_after < sure_before
    previews = 0.0
    for task in cast.project.tasks.all():
        given = [(answer.worker_id, answer.label_index) for answer in task.answers.order_by("id")]
        previews += preview_posterior(cast.project, given).max()
    assert previews == pytest.approx(sure_after, abs=0.05 * 12)


def test_gold_supervises_the_fit_and_gets_no_consensus() -> None:
    cast = make_cast(tasks=2)
    cast.gold(2, "neutral")
    cast.configure(gold_rate=1.0)
    for _ in range(3):
        cast.answer(cast.worker, "positive")
    run = refit_project(project_id=cast.project.pk)
    assert run is not None
    assert run.answers == 3
    assert Consensus.objects.count() == 1
    confusion = Skill.objects.get().confusion
    # This worker says "positive" where gold says "neutral".
    assert confusion[1][2] > confusion[1][1]


def test_an_answer_makes_the_project_dirty_and_the_fit_clears_it() -> None:
    cast, _ = answered()
    assert Project.objects.get().is_dirty
    refit_project(project_id=cast.project.pk)
    project = Project.objects.get()
    assert (project.is_dirty, project.refit_leased_until) == (False, None)
    assert project.refit_not_before > timezone.now() - timedelta(seconds=1)


def test_one_fit_at_a_time() -> None:
    cast, _ = answered()
    Project.objects.update(refit_leased_until=timezone.now() + timedelta(minutes=1))
    assert refit_project(project_id=cast.project.pk) is None
    assert AggregationRun.objects.count() == 0


def test_a_fit_that_died_is_replaced() -> None:
    cast, _ = answered()
    Project.objects.update(refit_leased_until=timezone.now() - timedelta(seconds=1), is_dirty=False)
    work_off()
    assert AggregationRun.objects.get().state == RunState.DONE
    assert Project.objects.get().refit_leased_until is None
    assert cast.project.events.filter(kind="refit_done").count() == 1


def test_a_fit_that_fails_says_so_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, _ = answered()

    class Broken:
        def fit(self, *_: object, **__: object) -> None:
            raise FloatingPointError("no luck")

    with monkeypatch.context() as patch:
        patch.setitem(refit_module.MODELS, "dawid-skene", Broken)
        run = refit_project(project_id=cast.project.pk)
    assert run is not None
    run.refresh_from_db()
    assert (run.state, run.notes) == (RunState.FAILED, ["FloatingPointError: no luck"])
    project = Project.objects.get()
    assert (project.is_dirty, project.refit_leased_until) == (True, None)
    assert project.refit_not_before > timezone.now() + timedelta(seconds=30)


def test_a_request_runs_at_once() -> None:
    cast, _ = answered()
    refit_project(project_id=cast.project.pk)
    request_refit(project=cast.project)
    work_off()
    assert AggregationRun.objects.filter(state=RunState.DONE).count() == 2


def test_an_empty_project_needs_no_fit(cast: Cast) -> None:
    assert refit_project(project_id=cast.project.pk) is None
    assert AggregationRun.objects.count() == 0


def test_the_fit_may_reopen_a_task_that_the_preview_completed() -> None:
    cast = make_cast(tasks=1)
    for worker in cast.workers[:2]:
        cast.answer(worker, "positive")
    assert cast.task().state == TaskState.COMPLETE
    cast.configure(target_confidence=0.9999)
    refit_project(project_id=cast.project.pk)
    task = cast.task()
    assert (task.state, task.overlap, task.open_slots) == (TaskState.OPEN, 3, 1)
    assert cast.project.events.filter(kind="task_reopened").count() == 1


def test_the_fit_settles_a_dispute_that_has_become_clear() -> None:
    cast = make_cast(tasks=1)
    for worker, value in zip(cast.workers, ("positive", "positive", "negative"), strict=False):
        cast.configure(target_confidence=0.9999)
        cast.answer(worker, value)
    assert cast.task().state == TaskState.DISPUTED
    cast.configure(target_confidence=0.5)
    refit_project(project_id=cast.project.pk)
    assert cast.task().state == TaskState.COMPLETE
