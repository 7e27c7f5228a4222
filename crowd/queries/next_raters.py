"""Reads whom it pays to ask next about a task: people, the models that count, an adjudicator, or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crowd.enums import TaskState, VoteState, WorkerKind
from crowd.models import Answer, Consensus, Enrolment, ModelStanding, Project, Skill, Task, Worker
from crowd.policies.completion import ADJUDICATOR, ADJUDICATOR_ACCURACY, AHEAD, PERSON, Worth, effective_accuracy
from crowd.policies.confusion import confusion_for_preview
from crowd.queries.consensus import COUNTING, newest_run
from crowd.queries.worth import worth_of_an_answer
from quality.design.gain import even_matrix
from quality.design.next_rater import NextRater, RaterOption, choose_next


@dataclass(frozen=True)
class NextStep:
    """An open task with whom to ask next; ``model`` where that is one."""

    task: Task
    confidence: float
    choice: NextRater
    model: Worker | None


def next_steps(project: Project, limit: int) -> list[NextStep] | None:
    """The least sure open tasks with whom it pays to ask about each; None where the project has no price or does not
    say what a label is worth. As many queries for one task as for many.
    """
    worth = worth_of_an_answer(project)
    if worth is None:
        return None
    people, models = _people(project, worth), _models(project)
    rows = list(
        Consensus.objects.filter(project=project, task__state=TaskState.OPEN)
        .select_related("task")
        .order_by("confidence", "id")[:limit]
    )
    voted = set(
        Answer.objects.filter(task__in=[row.task_id for row in rows], is_model=True).values_list("task_id", "worker_id")
    )
    by_name = {str(worker.pk): worker for worker, _ in models}
    steps = []
    for row in rows:
        options = people + [option for worker, option in models if (row.task_id, worker.pk) not in voted]
        choice = choose_next(row.posterior or [], options, value=worth.label_micros)
        steps.append(NextStep(row.task, row.confidence, choice, by_name.get(choice.name or "")))
    return steps


def is_worth_a_vote(project: Project, worker: Worker, posteriors: Sequence[Sequence[float]]) -> list[bool]:
    """For each posterior, whether the model's vote is expected to be worth what it costs; always where nothing says
    what a label is worth.
    """
    worth = worth_of_an_answer(project)
    option = next((option for model, option in _models(project) if model.pk == worker.pk), None)
    if worth is None or option is None:
        return [True] * len(posteriors)
    return [choose_next(row, [option], value=worth.label_micros).name is not None for row in posteriors]


def _people(project: Project, worth: Worth) -> list[RaterOption]:
    n_labels = len(project.labels)
    accuracy = effective_accuracy(accuracy=worth.accuracy, n_labels=n_labels, weight=worth.weight)
    options = [
        RaterOption(name=PERSON, matrix=even_matrix(n_labels, accuracy), price=worth.price_micros, most=AHEAD),
    ]
    if worth.adjudication_micros is not None:
        matrix = even_matrix(n_labels, ADJUDICATOR_ACCURACY)
        options.append(RaterOption(name=ADJUDICATOR, matrix=matrix, price=worth.adjudication_micros))
    return options


def _models(project: Project) -> list[tuple[Worker, RaterOption]]:
    """The models that count, with the matrix and the mean cost of their votes so far."""
    enrolments = (
        Enrolment.objects.filter(project=project, vote_state__in=COUNTING)
        .exclude(worker__kind=WorkerKind.HUMAN)
        .select_related("worker")
        .order_by("id")
    )
    workers = [enrolment.worker for enrolment in enrolments if enrolment.vote_state != VoteState.SHADOW]
    if not workers:
        return []
    skills = {row.worker_id: row for row in Skill.objects.filter(project=project, worker__in=workers)}
    votes = {
        row.worker_id: row.figures.get("votes", {})
        for row in ModelStanding.objects.filter(project=project, worker__in=workers)
    }
    run = newest_run(project)
    weight = 1.0 if run is None or run.preview_weight is None else run.preview_weight
    options = []
    for worker in workers:
        skill, cost = skills.get(worker.pk), votes.get(worker.pk, {})
        matrix = np.array(
            confusion_for_preview(
                n_labels=len(project.labels),
                fitted=None if skill is None else skill.confusion,
                gold_accuracy=None if skill is None else skill.mean,
            )
        )
        # A vote counts as much here as it does in the posterior.
        tempered = matrix**weight
        price = cost.get("cost_micros", 0) / max(1, cost.get("votes", 0) + cost.get("abstentions", 0))
        options.append(
            (
                worker,
                RaterOption(name=str(worker.pk), matrix=tempered / tempered.sum(axis=1, keepdims=True), price=price),
            )
        )
    return options
