"""Counts what must never be: rows that break a promise of assignment, gold or budget."""

from __future__ import annotations

from django.db.models import Count, F, Q, Sum

from crowd.enums import AccountKind, AssignmentState, CostState, TaskState
from crowd.models import Answer, Assignment, BudgetShard, Entry, ModelCost, PayReview, Project, Step, Task

HELD = [AssignmentState.ACTIVE, AssignmentState.SUBMITTED]


def broken_promises(project: Project) -> dict[str, int]:
    """How often each promise is broken in the rows of the project; all zero when all is well."""
    tasks = Task.objects.filter(project=project).exclude(state=TaskState.GOLD)
    assignments = Assignment.objects.filter(project=project)
    answers = Answer.objects.filter(project=project)
    counting = tasks.annotate(n=Count("answers", filter=Q(answers__holds_place=True)))
    held = Q(assignments__holds_place=True, assignments__state__in=HELD)
    placed = tasks.annotate(held=Count("assignments", filter=held))
    per_worker = answers.values("task", "worker").annotate(n=Count("id"))
    golds = assignments.filter(is_gold=True).values("task", "worker").annotate(n=Count("id"))
    live = assignments.filter(state=AssignmentState.ACTIVE).values("worker").annotate(n=Count("id"))
    has_place = Q(open_slots__gt=0, state=TaskState.OPEN)
    submitted = assignments.filter(state=AssignmentState.SUBMITTED)
    return {
        "over overlap": counting.filter(n__gt=F("overlap")).count(),
        "places leaked": placed.exclude(overlap=F("open_slots") + F("held")).count(),
        "open flag wrong": tasks.filter(has_place & Q(is_open=False) | ~has_place & Q(is_open=True)).count(),
        "twice by a worker": per_worker.filter(n__gt=1).count(),
        "gold twice to a worker": golds.filter(n__gt=1).count(),
        "two live tasks of a worker": live.filter(n__gt=1).count(),
        "submitted without an answer": submitted.filter(answer__isnull=True).count(),
        "answer without a submit": answers.exclude(assignment__state=AssignmentState.SUBMITTED).count(),
        "budget off by micro-units": _budget_error(project),
    }


def _budget_error(project: Project) -> int:
    """What is left, what is held and what is booked must be the budget."""
    if project.budget_micros is None:
        return 0
    waiting = Q(state=AssignmentState.ACTIVE) | Q(answer__processed_at__isnull=True, state=AssignmentState.SUBMITTED)
    parts = (
        (BudgetShard.objects.filter(project=project), "left_micros"),
        (Assignment.objects.filter(waiting, project=project), "reserved_micros"),
        (Step.objects.filter(attempt__course__project=project, attempt__ended_at__isnull=True), "reserved_micros"),
        (PayReview.objects.filter(project=project, is_budget_held=True), "amount_micros"),
        (ModelCost.objects.filter(project=project, state=CostState.HELD), "reserved_micros"),
        (Entry.objects.filter(account__project=project, account__kind=AccountKind.PROJECT_COST), "amount_micros"),
    )
    return abs(project.budget_micros - sum(rows.aggregate(sum=Sum(column))["sum"] or 0 for rows, column in parts))
