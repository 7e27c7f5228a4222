"""Estimates how common each label is from a model's many votes and a random sample that people answered (PPI++)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crowd.enums import TaskState
from crowd.models import PrevalenceDraw, Project, Task
from crowd.queries.agreement import plain
from crowd.queries.model_evidence import ModelEvidence, SoftVotes
from quality.models_vs_humans.prediction_powered import estimate_prevalence

LEAST_SAMPLE = 30


def prevalence_by(project: Project, worker_id: int, evidence: ModelEvidence, soft: SoftVotes) -> dict[str, Any]:
    """Per label the estimate with its interval, or the reason why there is none, as it is stored and shown.

    The sample is what was drawn by lot, every task of it answered by enough people who saw no suggestion: a sample
    without its slow tasks would be another one. A task without the model's vote has 0 for every label, in the sample
    and elsewhere alike, which costs precision and no honesty.
    """
    draws = dict(PrevalenceDraw.objects.filter(project=project).values_list("task_id", "inclusion_probability"))
    if len(draws) < LEAST_SAMPLE:
        return {"reason": f"cannot say yet: {len(draws)} tasks are drawn; at least {LEAST_SAMPLE} are needed"}
    known = evidence.consensus_of_people(project.min_overlap)
    missing = sum(task not in known for task in draws)
    if missing:
        return {"reason": f"cannot say yet: people have not finished {missing} of {len(draws)} drawn tasks"}
    votes = evidence.votes.get(worker_id, {})
    real = Task.objects.filter(project=project).exclude(state__in=(TaskState.GOLD, TaskState.CANCELLED))
    elsewhere = [task for task in real.values_list("id", flat=True) if task not in draws]
    if not elsewhere:
        return {"reason": "people have answered every task; there is nothing left for a model to add"}

    def share(task: int, label: int) -> float:
        if task not in votes:
            return 0.0
        probabilities = soft.probabilities.get(task)
        return float(votes[task] == label) if probabilities is None else min(1.0, float(probabilities[label]))

    estimates = {}
    for label, value in enumerate(project.label_values):
        found = estimate_prevalence(
            [float(known[task] == label) for task in draws],
            [share(task, label) for task in draws],
            [share(task, label) for task in elsewhere],
            inclusion=list(draws.values()),
        )
        estimates[value] = plain(asdict(found))
    return {"reason": None, "labels": estimates}
