"""Reserves and gives back what answers will cost, so that a project never owes more than its budget."""

from __future__ import annotations

import random

from django.db import transaction
from django.db.models import F

from crowd.enums import EventKind
from crowd.errors import BudgetExhausted, Conflict, InvalidInput
from crowd.models import BudgetShard, Project, User
from crowd.services.events import record_event

SHARDS = 8


def create_budget(*, project: Project, amount_micros: int) -> None:
    """Split the budget over its shards; the first holds the remainder of the division."""
    share = amount_micros // SHARDS
    first = amount_micros - share * (SHARDS - 1)
    BudgetShard.objects.bulk_create(
        BudgetShard(project=project, left_micros=first if n == 0 else share) for n in range(SHARDS)
    )


def reserve(*, project: Project, amount_micros: int) -> BudgetShard | None:
    """Take ``amount_micros`` from the budget; None where there is nothing to reserve.

    Raises BudgetExhausted when what is left does not cover it. Each shard is taken from by a guarded update, tried
    in random order; when no single one suffices, two or more are emptied into one.
    """
    if amount_micros == 0 or project.budget_micros is None:
        return None
    shards = list(BudgetShard.objects.filter(project=project, left_micros__gte=amount_micros))
    random.shuffle(shards)
    for shard in shards:
        if _take(shard, amount_micros):
            return shard
    return _gather(project, amount_micros)


def give_back(*, shard: BudgetShard | None, amount_micros: int) -> None:
    """Undo a reservation that was not used."""
    if shard is not None and amount_micros:
        BudgetShard.objects.filter(pk=shard.pk).update(left_micros=F("left_micros") + amount_micros)


def add_to_budget(*, project: Project, amount_micros: int, actor: User) -> Project:
    """Raise a project's budget. Raises InvalidInput where there is none to raise, or for nothing."""
    if project.budget_micros is None:
        raise InvalidInput("the project has no budget to raise: what it may owe is not limited")
    if amount_micros <= 0:
        raise InvalidInput("give an amount above zero")
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(budget_micros=F("budget_micros") + amount_micros)
        shard = BudgetShard.objects.filter(project=project).order_by("left_micros", "pk").first()
        give_back(shard=shard, amount_micros=amount_micros)
        project.refresh_from_db(fields=["budget_micros"])
        record_event(
            kind=EventKind.BUDGET_ADDED,
            project=project,
            actor=actor,
            subject=project.uid,
            detail={"amount_micros": amount_micros, "budget_micros": project.budget_micros},
        )
    return project


def replace_budget(*, project: Project, amount_micros: int | None) -> None:
    """Give a project another budget, or none, in the caller's transaction, which saves ``budget_micros``.

    Raises Conflict once something has been reserved or spent: what is left then says more than what there was.
    """
    # Locked in the order of their keys, as gatherers do.
    shards = list(BudgetShard.objects.select_for_update().filter(project=project).order_by("pk"))
    if project.budget_micros is not None and sum(shard.left_micros for shard in shards) != project.budget_micros:
        raise Conflict("some of the budget is reserved or spent; raise it instead of replacing it")
    if not shards:
        if amount_micros is not None:
            create_budget(project=project, amount_micros=amount_micros)
        return
    first, *others = shards
    share = (amount_micros or 0) // SHARDS
    BudgetShard.objects.filter(pk__in=[shard.pk for shard in others]).update(left_micros=share)
    BudgetShard.objects.filter(pk=first.pk).update(left_micros=(amount_micros or 0) - share * len(others))


def _take(shard: BudgetShard, amount_micros: int) -> bool:
    changed = BudgetShard.objects.filter(pk=shard.pk, left_micros__gte=amount_micros).update(
        left_micros=F("left_micros") - amount_micros
    )
    return changed == 1


def _gather(project: Project, amount_micros: int) -> BudgetShard:
    # Rare, at the very end of a budget. Locked in the order of their keys, so that two gatherers cannot deadlock.
    shards = list(BudgetShard.objects.select_for_update().filter(project=project).order_by("pk"))
    total = sum(shard.left_micros for shard in shards)
    if total < amount_micros:
        raise BudgetExhausted("the project's budget does not cover one more answer; nothing was reserved")
    first, *others = shards
    BudgetShard.objects.filter(pk__in=[shard.pk for shard in others]).update(left_micros=0)
    BudgetShard.objects.filter(pk=first.pk).update(left_micros=total - amount_micros)
    return first
