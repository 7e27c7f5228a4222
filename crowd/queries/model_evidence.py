"""Reads what a review judges models by: people's answers that no model influenced, the models' votes beside them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, Sum
from numpy.typing import NDArray

from crowd.enums import SuggestionPolicy, VoteState, WorkerKind
from crowd.models import Answer, Enrolment, InjectionFlag, Project, Suggestion, VoteChange, VoteDetail, Worker
from crowd.queries.answers import ProjectAnswers, labelled, read_answers
from crowd.queries.model_votes import fit_calibration, groups_of, probabilities_of
from quality.aggregation import DawidSkene
from quality.aggregation.model_votes import people_only
from quality.answers import AnswerSet
from quality.models_vs_humans.calibration import SoftCalibration, log_loss
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ModelEvidence:
    """people: answers of people to real tasks, given without seeing a model's; fitted: a fit to these alone.

    votes: worker id -> {task id: label index} on real tasks. groups: worker id -> group. everything: people and models.
    """

    people: AnswerSet
    fitted: AggregationResult
    votes: Mapping[int, Mapping[Hashable, Hashable]]
    groups: Mapping[Hashable, Hashable]
    everything: AnswerSet
    first_answer_id: int | None
    last_answer_id: int | None

    @property
    def people_per_task(self) -> dict[Hashable, int]:
        """How many people answered each task."""
        counts = np.bincount(self.people.task, minlength=self.people.n_tasks).tolist()
        return {task: count for task, count in zip(self.people.tasks, counts, strict=True) if count}

    def consensus_of_people(self, least: int) -> dict[Hashable, Hashable]:
        """What people alone say of the tasks that at least ``least`` of them answered: task id -> label index."""
        counts = self.people_per_task
        best = zip(self.fitted.tasks, self.fitted.consensus, strict=True)
        return {task: label for task, label in best if counts.get(task, 0) >= least}


@dataclass(frozen=True)
class SoftVotes:
    """A model's votes with their calibrated probabilities, by task id; hard votes are certain of themselves.

    calibration None where there are too few golds; losses: mean log loss on gold before and after, cross-fitted.
    """

    probabilities: Mapping[Hashable, Floats]
    calibration: SoftCalibration | None
    loss_before: float | None
    loss_after: float | None


def models_on(project: Project) -> list[Enrolment]:
    """The models enrolled on a project."""
    return list(
        Enrolment.objects.filter(project=project)
        .exclude(worker__kind=WorkerKind.HUMAN)
        .select_related("worker", "project")
        .order_by("id")
    )


def model_evidence(project: Project) -> ModelEvidence:
    """Read it all, answers influenced by a suggestion left out; the cost grows with the project."""
    shown = Suggestion.objects.filter(
        task=OuterRef("task"), worker=OuterRef("worker"), policy=SuggestionPolicy.BEFORE, is_held_out=False
    )
    rows = labelled(project).filter(is_gold=False).filter(~Exists(shown))
    read = read_answers(rows, project)
    groups = groups_of(int(str(worker)) for worker in read.answers.workers)
    people = _without_strangers(people_only(read.answers, groups))
    first = rows.order_by("id").values_list("id", flat=True).first()
    return ModelEvidence(
        people=people,
        fitted=DawidSkene().fit(people),
        votes=_votes(read, groups),
        groups=groups,
        everything=read.answers,
        first_answer_id=first,
        last_answer_id=read.last_answer_id,
    )


def gold_votes(project: Project, worker_ids: list[int]) -> tuple[dict[int, dict[Hashable, Hashable]], dict[Any, Any]]:
    """The models' votes on gold tasks by worker and task id, and the right labels by task id."""
    read = read_answers(labelled(project).filter(is_gold=True, worker__in=worker_ids), project)
    groups: Mapping[Hashable, Hashable] = dict.fromkeys(worker_ids)
    return _votes(read, groups), read.gold


def votes_since_demotion(
    project: Project, worker: Worker, votes: Mapping[Hashable, Hashable]
) -> tuple[Mapping[Hashable, Hashable], datetime | None]:
    """Those votes that a model gave since it was last taken down to the shadow, with when; all if it never was."""
    down = VoteChange.objects.filter(project=project, worker=worker, to_state=VoteState.SHADOW)
    demoted_at = down.order_by("-id").values_list("created_at", flat=True).first()
    if demoted_at is None:
        return votes, None
    later = Answer.objects.filter(project=project, worker=worker, created_at__gt=demoted_at)
    after = set(later.values_list("task_id", flat=True))
    return {task: label for task, label in votes.items() if task in after}, demoted_at


def soft_votes(project: Project, worker_id: int, gold: Mapping[Hashable, Hashable]) -> SoftVotes:
    """The model's stored probabilities, calibrated on ``gold`` (task id -> label index)."""
    raw = probabilities_of(project, [worker_id]).get(worker_id, {})
    calibration, crossed = fit_calibration(raw, gold)
    if calibration is None:
        return SoftVotes({task: np.array(q) for task, q in raw.items()}, None, None, None)
    others = [task for task in raw if task not in crossed]
    values = calibration.apply([raw[task] for task in others]) if others else np.empty((0, len(project.labels)))
    known = list(crossed)
    truth = [int(str(gold[task])) for task in known]
    probabilities: dict[Hashable, Floats] = dict(zip(others, values, strict=True))
    probabilities |= dict(zip(known, crossed.values(), strict=True))
    return SoftVotes(
        probabilities,
        calibration,
        log_loss([raw[task] for task in known], truth),
        log_loss(np.array([crossed[task] for task in known]), truth),
    )


def vote_costs(project: Project, worker: Worker) -> dict[str, int | str]:
    """How many votes a model gave, how often it abstained, what that cost, in micro-units of the project's currency."""
    details = VoteDetail.objects.filter(project=project, rater__worker=worker)
    found = details.aggregate(cost=Sum("cost_micros"), abstained=Count("id", filter=Q(is_abstention=True)))
    votes = Answer.objects.filter(project=project, worker=worker).count()
    return {
        "votes": votes,
        "abstentions": found["abstained"],
        "cost_micros": found["cost"] or 0,
        "currency": project.currency,
    }


def flagged_tasks(project: Project) -> set[int]:
    """Tasks whose text talks to the model."""
    return set(InjectionFlag.objects.filter(project=project).values_list("task_id", flat=True))


def _votes(read: ProjectAnswers, groups: Mapping[Hashable, Hashable]) -> dict[int, dict[Hashable, Hashable]]:
    answers = read.answers
    votes: dict[int, dict[Hashable, Hashable]] = {}
    is_model = np.array([worker in groups for worker in answers.workers], dtype=bool)
    for row in np.flatnonzero(is_model[answers.worker]).tolist():
        worker_id = int(str(answers.workers[answers.worker[row]]))
        votes.setdefault(worker_id, {})[answers.tasks[answers.task[row]]] = int(answers.label[row])
    return votes


def _without_strangers(people: AnswerSet) -> AnswerSet:
    """The same without the workers and tasks that have no answer left."""
    workers, worker = np.unique(people.worker, return_inverse=True)
    tasks, task = np.unique(people.task, return_inverse=True)
    return AnswerSet(
        task=task.astype(np.int32),
        worker=worker.astype(np.int32),
        label=people.label,
        tasks=tuple(people.tasks[i] for i in tasks.tolist()),
        workers=tuple(people.workers[i] for i in workers.tolist()),
        labels=people.labels,
    )
