"""All that is known of one task: who claimed and answered it, how the consensus came about, what it cost."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from crowd.enums import AccountKind, AnswerType
from crowd.models import Answer, Entry, Event, Project, VoteDetail
from crowd.policies.answer_types import LABELLED
from crowd.queries.listings import TaskHistory, task_history
from crowd.queries.model_votes import preview_votes
from crowd.queries.posteriors import posterior_steps


@dataclass(frozen=True)
class PosteriorStep:
    """The posterior after one more answer."""

    answer: Answer
    posterior: list[float]


@dataclass(frozen=True)
class TaskStory:
    """A task's history. ``steps``: the posterior answer by answer, with what is known of the workers today; empty where
    answers are not labels. ``cost_micros``: booked for its answers so far. ``details``: of models' votes, by answer.
    """

    history: TaskHistory
    steps: list[PosteriorStep]
    cost_micros: int
    details: dict[int, VoteDetail]
    events: list[Event]


def task_story(project: Project, task_uid: uuid.UUID) -> TaskStory:
    """Read it; the number of queries does not grow with the answers. Raises NotFound."""
    history = task_history(project, task_uid)
    answers = history.answers
    subjects = [history.task.uid, *(row.uid for row in history.assignments), *(row.uid for row in answers)]
    events = Event.objects.filter(subject__in=subjects).select_related("actor", "worker").order_by("id")
    booked = Entry.objects.filter(
        transaction__answer__in=[answer.pk for answer in answers], account__kind=AccountKind.PROJECT_COST
    )
    votes = VoteDetail.objects.filter(task=history.task, answer__isnull=False).select_related("rater")
    return TaskStory(
        history,
        _steps(project, history.task.pk, answers),
        booked.aggregate(total=Sum("amount_micros"))["total"] or 0,
        {vote.answer_id: vote for vote in votes if vote.answer_id is not None},
        list(events),
    )


def _steps(project: Project, task_id: int, answers: Sequence[Answer]) -> list[PosteriorStep]:
    if AnswerType(project.answer_type) not in LABELLED or not answers:
        return []
    by_worker = {answer.worker_id: answer for answer in answers}
    votes = preview_votes(project, task_id, answers)
    posteriors = posterior_steps(
        project, [(vote.worker_id, vote.label_index) for vote in votes], [vote.weight for vote in votes]
    )
    found: dict[int, PosteriorStep] = {}
    for vote, posterior in zip(votes, posteriors, strict=True):
        # A model's soft vote comes in parts: only the posterior after its last part is that of its answer.
        answer = by_worker[vote.worker_id]
        found[answer.pk] = PosteriorStep(answer, [float(share) for share in posterior])
    return list(found.values())
