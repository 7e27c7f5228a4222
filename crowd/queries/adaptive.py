"""Reads what adaptive overlap saves on a project, measured on its audited tasks."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from crowd.enums import TaskState
from crowd.models import Audit, Project, Task
from quality.design.savings import Savings, measure_savings

FINISHED = (TaskState.COMPLETE, TaskState.DISPUTED)


@dataclass(frozen=True)
class AdaptiveReport:
    """``savings`` rest on the audited tasks that are finished; the others are those that may stop early.

    ``answers_per_task``: what the finished others took, None when there are none.
    """

    audited: int
    savings: Savings
    others_finished: int
    answers_per_task: float | None


def adaptive_report(project: Project) -> AdaptiveReport:
    """Compare where each audited task would have stopped with what its full overlap led to.

    The stop was written down when it would have come, so no later fit speaks in its favour. A task that would not
    have stopped saves nothing, and keeps its label. Cost grows with the audited tasks.
    """
    audits = Audit.objects.filter(project=project)
    rows = list(
        audits.filter(task__state__in=FINISHED, task__consensus__isnull=False)
        .order_by("id")
        .values_list("answers", "label_index", "task__overlap", "task__consensus__label_index")
    )
    stopped, full, agrees = [], [], []
    for answers, label, overlap, final in rows:
        # Places that were given to other workers made the overlap larger than what was asked for.
        whole = max(min(overlap, project.max_overlap), answers or 1)
        full.append(whole)
        stopped.append(whole if answers is None else max(1, answers))
        agrees.append(label is None or label == final)
    others = Task.objects.filter(project=project, state__in=FINISHED, audit__isnull=True).aggregate(
        tasks=Count("id"), answers=Sum("overlap")
    )
    return AdaptiveReport(
        audited=audits.count(),
        savings=measure_savings(stopped, full, agrees),
        others_finished=others["tasks"],
        answers_per_task=others["answers"] / others["tasks"] if others["tasks"] else None,
    )
