"""Holds, settles and releases what a model's call costs: models never earn, but their costs are the project's."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crowd.enums import AccountKind, CostState, EventKind, TransactionKind, WorkerKind
from crowd.errors import BudgetExhausted, Conflict, InvalidInput, NotFound
from crowd.models import BudgetShard, ModelCost, Project, Worker
from crowd.services.budgets import give_back, reserve
from crowd.services.events import record_event
from crowd.services.ledger import account_of, post_transaction


def reserve_model_cost(*, project: Project, worker: Worker, amount_micros: int, key: str) -> ModelCost:
    """Hold the most that one call of a model may cost, before it is made; ``key`` (at most 90 characters) names it.

    The same key again returns the first hold, in whatever state it is by then. Raises BudgetExhausted with nothing
    held, Conflict when the key was used for another call, InvalidInput for a person or a negative amount.
    """
    if worker.kind == WorkerKind.HUMAN:
        raise InvalidInput("a person has no model costs; pay goes by answers and bonuses")
    if amount_micros < 0 or not 0 < len(key) <= 90:
        raise InvalidInput("a hold needs an amount that is not negative and a key of 1 to 90 characters")
    with transaction.atomic():
        earlier = ModelCost.objects.filter(key=key).first()
        if earlier is None:
            earlier, is_new = ModelCost.objects.get_or_create(
                key=key,
                defaults={
                    "project": project,
                    "worker": worker,
                    "reserved_micros": amount_micros,
                    "created_at": timezone.now(),
                },
            )
            if is_new:
                # After the row: of two callers with one key, the second waits for the row and reserves nothing.
                earlier.shard = reserve(project=project, amount_micros=amount_micros)
                earlier.save(update_fields=["shard"])
                return earlier
        if (earlier.project_id, earlier.worker_id, earlier.reserved_micros) != (project.pk, worker.pk, amount_micros):
            raise Conflict("this key holds the cost of another call; choose a new key")
        return earlier


def settle_model_cost(*, key: str, actual_micros: int) -> ModelCost:
    """Book what the call cost and give the rest of the hold back; a second call changes nothing.

    A cost above the hold takes the difference from the budget. What the budget does not cover is kept as
    ``overrun_micros``, with an event, and is not booked: a project never owes more than its budget. Raises NotFound,
    Conflict when the hold was released or settled at another amount.
    """
    if actual_micros < 0:
        raise InvalidInput("a cost cannot be negative")
    with transaction.atomic():
        now = timezone.now()
        cost = _locked(key)
        if cost.state == CostState.SETTLED and cost.actual_micros == actual_micros:
            return cost
        if cost.state != CostState.HELD:
            raise Conflict(f"the cost of this call is {cost.state} already; the first outcome stands")
        booked = _cover(cost, actual_micros)
        cost.state, cost.actual_micros, cost.ended_at = CostState.SETTLED, actual_micros, now
        cost.overrun_micros = actual_micros - booked
        cost.save(update_fields=["state", "actual_micros", "overrun_micros", "ended_at"])
        if booked:
            _book(cost, booked, now)
        if cost.overrun_micros:
            record_event(
                kind=EventKind.MODEL_COST_OVERRUN,
                project=cost.project,
                worker=cost.worker,
                detail={"key": key, "overrun_micros": cost.overrun_micros},
                at=now,
            )
        return cost


def release_model_cost(*, key: str) -> ModelCost:
    """Give the whole hold back, for a call that cost nothing; safe to call twice. Raises NotFound, Conflict."""
    with transaction.atomic():
        cost = _locked(key)
        if cost.state == CostState.RELEASED:
            return cost
        if cost.state != CostState.HELD:
            raise Conflict("the cost of this call is settled already; it stays booked")
        cost.state, cost.ended_at = CostState.RELEASED, timezone.now()
        cost.save(update_fields=["state", "ended_at"])
        give_back(shard=cost.shard, amount_micros=cost.reserved_micros)
        return cost


def _locked(key: str) -> ModelCost:
    cost = (
        ModelCost.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project", "worker", "shard")
        .filter(key=key)
        .first()
    )
    if cost is None:
        raise NotFound("no cost is held under this key; reserve it first")
    return cost


def _cover(cost: ModelCost, actual_micros: int) -> int:
    """What of the actual cost can be booked; the hold is brought to that."""
    if actual_micros <= cost.reserved_micros:
        give_back(shard=cost.shard, amount_micros=cost.reserved_micros - actual_micros)
        return actual_micros
    try:
        with transaction.atomic():
            reserve(project=cost.project, amount_micros=actual_micros - cost.reserved_micros)
    except BudgetExhausted:
        return cost.reserved_micros + _take_the_rest(cost, actual_micros - cost.reserved_micros)
    return actual_micros


def _take_the_rest(cost: ModelCost, wanted_micros: int) -> int:
    taken = 0
    for shard in BudgetShard.objects.select_for_update().filter(project=cost.project).order_by("pk"):
        part = min(shard.left_micros, wanted_micros - taken)
        if part > 0:
            BudgetShard.objects.filter(pk=shard.pk).update(left_micros=shard.left_micros - part)
            taken += part
    return taken


def _book(cost: ModelCost, booked_micros: int, at: datetime) -> None:
    payer = account_of(project=cost.project, kind=AccountKind.PROJECT_COST)
    provider = account_of(project=cost.project, kind=AccountKind.PROVIDER_PAYABLE, worker=cost.worker)
    post_transaction(
        project=cost.project,
        kind=TransactionKind.MODEL_COST,
        lines=[(payer, booked_micros), (provider, -booked_micros)],
        idempotency_key=f"model:{cost.key}",
        reason="a model's call",
        at=at,
    )
