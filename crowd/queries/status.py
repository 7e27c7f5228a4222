"""How far a project is."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from crowd.enums import AccountKind, TaskState
from crowd.models import Answer, Entry, Project


@dataclass(frozen=True)
class ProjectStatus:
    """Counts of a project; ``cost_micros`` is what has been booked so far."""

    tasks: int
    tasks_open: int
    tasks_complete: int
    tasks_disputed: int
    golds: int
    answers: int
    surplus_answers: int
    gold_answers: int
    pending_answers: int
    is_refit_pending: bool
    cost_micros: int


def project_status(project: Project) -> ProjectStatus:
    """Count; the cost grows with the project, so it is for status pages and not for the work flow."""
    states = dict(project.tasks.values_list("state").annotate(count=Count("id")).order_by())
    golds = states.pop(TaskState.GOLD, 0)
    answers = Answer.objects.filter(project=project).aggregate(
        all=Count("id"),
        surplus=Count("id", filter=Q(is_surplus=True)),
        gold=Count("id", filter=Q(is_gold=True)),
    )
    pending = Answer.objects.filter(project=project, processed_at__isnull=True).count()
    cost = Entry.objects.filter(account__project=project, account__kind=AccountKind.PROJECT_COST).aggregate(
        total=Sum("amount_micros")
    )
    flags = Project.objects.only("is_dirty", "refit_leased_until").get(pk=project.pk)
    return ProjectStatus(
        tasks=sum(states.values()),
        tasks_open=states.get(TaskState.OPEN, 0),
        tasks_complete=states.get(TaskState.COMPLETE, 0),
        tasks_disputed=states.get(TaskState.DISPUTED, 0),
        golds=golds,
        answers=answers["all"],
        surplus_answers=answers["surplus"],
        gold_answers=answers["gold"],
        pending_answers=pending,
        is_refit_pending=flags.is_dirty or flags.refit_leased_until is not None,
        cost_micros=cost["total"] or 0,
    )
