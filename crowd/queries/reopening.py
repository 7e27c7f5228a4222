"""Reads which answers hold places, and how sure their tasks would be without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import QuerySet

from crowd.enums import AnswerType, TaskState
from crowd.models import Answer, Enrolment, ReopenedPlace
from crowd.policies.answer_types import LABELLED
from crowd.queries.consensus import counted_answers
from crowd.queries.posteriors import preview_posterior
from crowd.queries.value_previews import preview_value


def placed_answers(enrolment: Enrolment) -> QuerySet[Answer]:
    """The worker's answers to tasks that an expert has not settled, holding a place that was not given away."""
    return (
        Answer.objects.filter(
            project=enrolment.project,
            worker=enrolment.worker,
            holds_place=True,
            reopened_place__isnull=True,
            task__adjudication__isnull=True,
            task__state__in=[TaskState.OPEN, TaskState.COMPLETE, TaskState.DISPUTED],
        )
        .select_related("task", "project")
        .order_by("id")
    )


def places_given_away(task_ids: Sequence[int]) -> Counter[int]:
    """By task id, how many of its answers count as evidence only, their places given to other workers."""
    rows = ReopenedPlace.objects.filter(answer__task_id__in=task_ids, answer__holds_place=True)
    return Counter(rows.values_list("answer__task_id", flat=True))


def unreliable_answers(enrolment: Enrolment) -> list[Answer]:
    """The placed answers whose task is not complete or would be under the target without them; least sure first."""
    project = enrolment.project
    found: list[tuple[float, int, Answer]] = []
    for answer in placed_answers(enrolment):
        if answer.task.state != TaskState.COMPLETE:
            found.append((0.0, answer.pk, answer))
            continue
        without = confidence_without(answer)
        if without < project.target_confidence:
            found.append((without, answer.pk, answer))
    return [answer for *_, answer in sorted(found, key=lambda row: row[:2])]


def confidence_without(answer: Answer) -> float:
    """The confidence of the task's consensus when this answer is left out; 0 when no other is left.

    0 for texts too: nothing stands in for one.
    """
    project = answer.project
    others = [other for other in counted_answers(answer.task) if other.pk != answer.pk]
    if not others:
        return 0.0
    if AnswerType(project.answer_type) not in LABELLED:
        found = preview_value(project, others)
        return 0.0 if found is None else found.confidence
    given = [(other.worker_id, other.label_index) for other in others if other.label_index is not None]
    return float(preview_posterior(project, given).max())
