"""Stores what a full fit found: its run, the consensus of each task, the skill of each worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from crowd.enums import RunState, TaskState, WebhookKind
from crowd.models import AggregationRun, Answer, Consensus, Project, Skill, Task
from crowd.queries.answers import ProjectAnswers
from crowd.queries.consensus import counted
from crowd.services.announcements import LabelChange, announce_label_changes
from crowd.services.upserts import upsert
from crowd.services.webhooks import listeners
from quality.aggregation.model_votes import people_only
from quality.aggregation.preview import mean_accuracy, preview_weight
from quality.results import AggregationResult

CONSENSUS_COLUMNS = (
    *("task_id", "project_id", "label_index", "posterior"),
    *("confidence", "answers", "run_id", "updated_at"),
)
# The gold figures of a skill row belong to process_answer: a new row starts at nothing, an old one keeps its own.
FIT_COLUMNS = ("confusion", "ability", "ability_low", "ability_high", "answers", "run", "updated_at")
BATCH = 500


def store_run(
    run: AggregationRun, model: Any, read: ProjectAnswers, result: AggregationResult, notes: list[str], at: datetime
) -> None:
    """Complete the record of the run."""
    run.parameters = asdict(model)
    run.state = RunState.DONE
    run.last_answer_id = read.last_answer_id
    run.tasks, run.workers, run.answers = read.rows.n_tasks, read.rows.n_workers, read.rows.n_answers
    run.is_converged, run.iterations = bool(result.converged), int(result.n_iter)
    run.objective = float(result.objective[-1]) if len(result.objective) else None
    run.preview_weight = preview_weight(read.answers, result)
    # The next answer that a task asks for is a person's.
    run.crowd_accuracy = mean_accuracy(people_only(read.answers, read.members), result)
    run.prevalence = [float(share) for share in result.prevalence]
    run.notes = notes
    run.finished_at = at
    run.save()


def store_consensus(
    project: Project, run: AggregationRun, read: ProjectAnswers, result: AggregationResult, at: datetime
) -> list[int]:
    """Write the consensus of real tasks; returns the ids of tasks whose completion must be decided again."""
    states, full = real_tasks(project)
    newer = tasks_with_newer(project, read.last_answer_id)
    labels = project.label_values
    candidates: list[int] = []
    announced = results_announced(project)
    changes: list[LabelChange] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        answers = read.answers
        per_task = np.bincount(read.rows.task, minlength=answers.n_tasks).tolist()
        # Nothing of what a task was given may count: a flagged one that only models answered.
        fitted = np.bincount(answers.task, minlength=answers.n_tasks).tolist()
        best, confidence = result.best.tolist(), np.minimum(result.confidence, 1.0).tolist()
        probabilities = result.probabilities
        for i, task_id in enumerate(answers.tasks):
            if task_id not in states or task_id in newer or not fitted[i]:
                continue
            assert isinstance(task_id, int)
            is_sure = confidence[i] >= project.target_confidence
            if is_sure != (states[task_id] == TaskState.COMPLETE) or task_id in full:
                candidates.append(task_id)
            if announced.get(task_id, labels[best[i]]) != labels[best[i]]:
                changes.append(LabelChange(task_id, announced[task_id], labels[best[i]], confidence[i]))
            posterior = json.dumps(probabilities[i].tolist())
            yield (task_id, project.pk, best[i], posterior, confidence[i], per_task[i], run.pk, at)

    upsert(Consensus, CONSENSUS_COLUMNS, rows(), conflict=("task_id",))
    announce_label_changes(changes=changes, project=project, at=at)
    return candidates


def real_tasks(project: Project) -> tuple[dict[int, str], set[int]]:
    """The state of every task that is no gold; those open without an open place.

    The last answer of these may have come in a file, or have waited for a first fit, and nothing else decides about
    them.
    """
    states: dict[int, str] = {}
    full: set[int] = set()
    rows = Task.objects.filter(project=project).exclude(state=TaskState.GOLD)
    for task_id, state, is_open in rows.values_list("id", "state", "is_open"):
        states[task_id] = state
        if state == TaskState.OPEN and not is_open:
            full.add(task_id)
    return states, full


def tasks_with_newer(project: Project, last_answer_id: int | None) -> set[int]:
    """Tasks with an answer that was processed while a fit ran.

    It has written a newer preview than the fit, which leaves it alone. A vote in the shadow writes none.
    """
    since = Answer.objects.filter(project=project, id__gt=last_answer_id or 0, processed_at__isnull=False)
    return set(counted(since).values_list("task_id", flat=True))


def results_announced(project: Project) -> dict[int, Any]:
    """The results of completed tasks before this fit; read only where somebody listens for changes."""
    if not listeners(project, [WebhookKind.CONSENSUS_CHANGED]):
        return {}
    labels = project.label_values
    complete = Consensus.objects.filter(project=project, task__state=TaskState.COMPLETE)
    rows = complete.values_list("task_id", "label_index", "value")
    return {task_id: value if label is None else labels[label] for task_id, label, value in rows}


def store_skills(
    project: Project, run: AggregationRun, read: ProjectAnswers, result: AggregationResult, at: datetime
) -> None:
    """Write each worker's confusion matrix and ability, and leave the gold figures as they are."""
    answers = read.answers
    per_worker = dict(zip(read.rows.workers, np.bincount(read.rows.worker).tolist(), strict=True))
    # The members of a pooled group are known by one matrix.
    known = [
        (worker_id, i)
        for i, worker in enumerate(answers.workers)
        for worker_id in ([worker] if isinstance(worker, int) else read.members.get(worker, ()))
    ]

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
                answers=per_worker.get(worker_id, 0),
                run=run,
                updated_at=at,
            )
            for worker_id, i in known
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["project", "worker"],
        update_fields=FIT_COLUMNS,
    )
