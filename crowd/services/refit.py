"""The full model fit of a project: the truth that replaces the incremental preview."""

from __future__ import annotations

import logging
import warnings
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crowd.enums import EventKind, RunState, TaskState
from crowd.jobs import enqueue_refit
from crowd.models import AggregationRun, Answer, Consensus, Project, Skill, Task
from crowd.policies.refit import LEASE_SECONDS, PAUSE_AFTER_FAILURE_SECONDS, next_refit
from crowd.queries.agreement import measure_agreement
from crowd.queries.answers import ProjectAnswers, labelled, read_answers
from crowd.queries.consensus import counted
from crowd.services.consensus import settle_after_fit
from crowd.services.events import record_event
from quality.aggregation import MODELS
from quality.errors import ConvergenceWarning
from quality.results import AggregationResult

logger = logging.getLogger(__name__)
BATCH = 2000


def refit_project(*, project_id: int) -> AggregationRun | None:
    """Fit the project's model to all of its answers, then store consensus, skills and the run.

    None when a fit is running already or there is nothing to fit. One at a time per project, by a lease on the
    project's row: whoever dies holding it is replaced once it runs out.
    """
    started = timezone.now()
    free = Q(refit_leased_until__isnull=True) | Q(refit_leased_until__lt=started)
    # Clearing the flag before reading: an answer that comes during the fit sets it again.
    leased = Project.objects.filter(free, pk=project_id).update(
        refit_leased_until=started + timedelta(seconds=LEASE_SECONDS), is_dirty=False
    )
    if not leased:
        return None
    project = Project.objects.get(pk=project_id)
    run = AggregationRun.objects.create(project=project, model=project.aggregation_model, started_at=started)
    try:
        done = _fit_and_store(project, run)
    except Exception as error:
        logger.exception("the fit of project %s failed", project_id)
        _fail(project, run, error)
        return run
    finished = timezone.now()
    Project.objects.filter(pk=project_id).update(
        refit_leased_until=None, refit_not_before=next_refit(finished, (finished - started).total_seconds())
    )
    return run if done else None


def request_refit(*, project: Project) -> None:
    """Ask for a full fit as soon as no other runs."""
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(is_dirty=True, refit_not_before=None)
        enqueue_refit(project.pk)


def _fit_and_store(project: Project, run: AggregationRun) -> bool:
    read = read_answers(counted(labelled(project)), project)
    if read.last_answer_id is None:
        run.delete()
        return False
    model = MODELS[project.aggregation_model]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result: AggregationResult = model.fit(read.answers, gold=read.gold or None)
    notes = [*result.notes, *(str(w.message) for w in caught if issubclass(w.category, ConvergenceWarning))]
    run.agreement = measure_agreement(project)
    now = timezone.now()
    with transaction.atomic():
        _store_run(run, model, read, result, notes, now)
        candidates = _store_consensus(project, run, read, result, now)
        _store_skills(project, run, read, result, now)
        record_event(
            kind=EventKind.REFIT_DONE,
            project=project,
            subject=run.uid,
            detail={"answers": run.answers, "seconds": (now - run.started_at).total_seconds()},
            at=now,
        )
    for task_id in candidates:
        with transaction.atomic():
            settle_after_fit(task_id=task_id, project=project, at=now)
    return True


def _store_run(
    run: AggregationRun, model: Any, read: ProjectAnswers, result: AggregationResult, notes: list[str], now: datetime
) -> None:
    run.parameters = asdict(model)
    run.state = RunState.DONE
    run.last_answer_id = read.last_answer_id
    run.tasks, run.workers, run.answers = read.answers.n_tasks, read.answers.n_workers, read.answers.n_answers
    run.is_converged, run.iterations = bool(result.converged), int(result.n_iter)
    run.objective = float(result.objective[-1]) if len(result.objective) else None
    run.prevalence = [float(share) for share in result.prevalence]
    run.notes = notes
    run.finished_at = now
    run.save()


def _store_consensus(
    project: Project, run: AggregationRun, read: ProjectAnswers, result: AggregationResult, now: datetime
) -> list[int]:
    """Write the consensus of real tasks; returns the ids of tasks whose completion must be decided again."""
    answers = read.answers
    per_task = np.bincount(answers.task, minlength=answers.n_tasks)
    # An answer that was processed while the fit ran has written a newer preview than this fit: leave it alone.
    newer = set(
        Answer.objects.filter(project=project, id__gt=read.last_answer_id, processed_at__isnull=False).values_list(
            "task_id", flat=True
        )
    )
    states = dict(Task.objects.filter(project=project).exclude(state=TaskState.GOLD).values_list("id", "state"))
    best, confidence, probabilities = result.best, result.confidence, result.probabilities
    rows: list[Consensus] = []
    candidates: list[int] = []
    for i, task_id in enumerate(answers.tasks):
        assert isinstance(task_id, int)
        if task_id not in states or task_id in newer:
            continue
        rows.append(
            Consensus(
                task_id=task_id,
                project=project,
                label_index=int(best[i]),
                posterior=probabilities[i].tolist(),
                confidence=min(1.0, float(confidence[i])),
                answers=int(per_task[i]),
                run=run,
                updated_at=now,
            )
        )
        is_sure = confidence[i] >= project.target_confidence
        if is_sure != (states[task_id] == TaskState.COMPLETE):
            candidates.append(task_id)
    Consensus.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["task"],
        update_fields=["label_index", "posterior", "confidence", "answers", "run", "updated_at"],
    )
    return candidates


def _store_skills(
    project: Project, run: AggregationRun, read: ProjectAnswers, result: AggregationResult, now: datetime
) -> None:
    answers = read.answers
    per_worker = np.bincount(answers.worker, minlength=answers.n_workers)

    def figure(values: Any, worker: int) -> float | None:
        return None if values is None or not np.isfinite(values[worker]) else float(values[worker])

    Skill.objects.bulk_create(
        [
            Skill(
                project=project,
                worker_id=worker_id,
                confusion=None if result.confusion is None else result.confusion[i].tolist(),
                ability=figure(result.ability, i),
                ability_low=figure(result.ability_low, i),
                ability_high=figure(result.ability_high, i),
                answers=int(per_worker[i]),
                run=run,
                updated_at=now,
            )
            for i, worker_id in enumerate(answers.workers)
            if isinstance(worker_id, int)
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["project", "worker"],
        # The gold figures of the row belong to process_answer.
        update_fields=["confusion", "ability", "ability_low", "ability_high", "answers", "run", "updated_at"],
    )


def _fail(project: Project, run: AggregationRun, error: Exception) -> None:
    now = timezone.now()
    detail = f"{type(error).__name__}: {error}"[:500]
    with transaction.atomic():
        AggregationRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, finished_at=now, notes=[detail])
        # Still to be done, after the pause; the lease ends with it.
        Project.objects.filter(pk=project.pk).update(
            is_dirty=True,
            refit_leased_until=None,
            refit_not_before=now + timedelta(seconds=PAUSE_AFTER_FAILURE_SECONDS),
        )
        record_event(kind=EventKind.REFIT_FAILED, project=project, subject=run.uid, detail={"error": detail}, at=now)
