"""Stores what a fit found where answers are not one label each: run, consensus of tasks, traits of workers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crowd.enums import RunState, TaskState
from crowd.models import AggregationRun, Consensus, Project, Skill
from crowd.policies.answer_types import AnswerForm
from crowd.policies.value_fits import ValueFit
from crowd.policies.value_results import is_same_result
from crowd.queries.value_answers import ValueAnswers
from crowd.services.announcements import LabelChange, announce_label_changes
from crowd.services.fit_storage import BATCH, real_tasks, results_announced, tasks_with_newer
from crowd.services.upserts import upsert

CONSENSUS_COLUMNS = (
    *("task_id", "project_id", "value", "posterior", "low", "high"),
    *("confidence", "answers", "run_id", "updated_at"),
)
# The gold figures of a skill row belong to process_answer.
FIT_COLUMNS = ("traits", "answers", "run", "updated_at")


def store_value_run(run: AggregationRun, read: ValueAnswers, fit: ValueFit, notes: list[str], at: datetime) -> None:
    """Complete the record of the run."""
    run.model, run.parameters = fit.model, dict(fit.parameters)
    run.state = RunState.DONE
    run.last_answer_id = read.last_answer_id
    run.tasks = len({task for task, *_ in read.records})
    run.workers = len({worker for _, worker, _ in read.records})
    run.answers = len(read.records)
    run.is_converged, run.iterations, run.objective = fit.is_converged, fit.iterations, fit.objective
    run.estimates = dict(fit.estimates)
    run.notes = notes
    run.finished_at = at
    run.save()


def store_values(
    project: Project, run: AggregationRun, read: ValueAnswers, fit: ValueFit, form: AnswerForm, at: datetime
) -> list[int]:
    """Write the consensus of real tasks; returns the ids of tasks whose completion must be decided again."""
    states, full = real_tasks(project)
    newer = tasks_with_newer(project, read.last_answer_id)
    if not fit.found:
        # Texts: nothing is inferred, but a task whose last answer came in a file has to be settled.
        return sorted(full - newer)
    per_task = Counter(task for task, *_ in read.records)
    announced = results_announced(project)
    candidates: list[int] = []
    changes: list[LabelChange] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for task_id, found in fit.found.items():
            if task_id not in states or task_id in newer:
                continue
            confidence = min(found.confidence, 1.0)
            is_sure = confidence >= project.target_confidence
            if is_sure != (states[task_id] == TaskState.COMPLETE) or task_id in full:
                candidates.append(task_id)
            if task_id in announced and not is_same_result(form, announced[task_id], found.value):
                changes.append(LabelChange(task_id, announced[task_id], found.value, confidence))
            posterior = None if found.posterior is None else json.dumps(found.posterior)
            yield (
                *(task_id, project.pk, json.dumps(found.value), posterior, found.low, found.high),
                *(confidence, per_task[task_id], run.pk, at),
            )

    upsert(Consensus, CONSENSUS_COLUMNS, rows(), conflict=("task_id",))
    announce_label_changes(changes=changes, project=project, at=at)
    return candidates


def store_traits(project: Project, run: AggregationRun, read: ValueAnswers, fit: ValueFit, at: datetime) -> None:
    """Write each worker's traits, and leave the gold figures as they are."""
    per_worker = Counter(worker for _, worker, _ in read.records)
    rows = [
        Skill(
            project=project,
            worker_id=worker_id,
            traits=fit.traits.get(worker_id),
            answers=answers,
            run=run,
            updated_at=at,
        )
        for worker_id, answers in per_worker.items()
    ]
    Skill.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["project", "worker"],
        update_fields=FIT_COLUMNS,
    )
