"""Costs of models: held before the call, settled or released after it, once each."""

from __future__ import annotations

import pytest
from cast import Cast, make_cast

from crowd.enums import AccountKind, EventKind, WorkerKind
from crowd.errors import BudgetExhausted, Conflict, InvalidInput
from crowd.models import BudgetShard, Entry, Event, ModelCost, Worker
from crowd.queries.exactness import broken_promises
from crowd.services.model_costs import release_model_cost, reserve_model_cost, settle_model_cost
from crowd.services.workers import NewWorker, add_workers

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast(budget_micros=1_000)


@pytest.fixture
def model(cast: Cast) -> Worker:
    new = NewWorker(name="m", kind=WorkerKind.LLM, model={"snapshot": "m-1"})
    return add_workers(project=cast.project, workers=[new], actor=cast.owner)[0].worker


def left(cast: Cast) -> int:
    return sum(shard.left_micros for shard in BudgetShard.objects.filter(project=cast.project))


def booked(cast: Cast, kind: AccountKind) -> int:
    return sum(e.amount_micros for e in Entry.objects.filter(account__project=cast.project, account__kind=kind))


def is_exact(cast: Cast) -> bool:
    return not any(broken_promises(cast.project).values())


def test_a_call_is_held_then_settled_at_what_it_cost(cast: Cast, model: Worker) -> None:
    hold = reserve_model_cost(project=cast.project, worker=model, amount_micros=300, key="call-1")
    assert (hold.state, left(cast)) == ("held", 700)
    assert is_exact(cast)
    settled = settle_model_cost(key="call-1", actual_micros=120)
    assert (settled.state, settled.overrun_micros, left(cast)) == ("settled", 0, 880)
    assert booked(cast, AccountKind.PROJECT_COST) == 120
    assert booked(cast, AccountKind.PROVIDER_PAYABLE) == -120
    assert booked(cast, AccountKind.WORKER_PAYABLE) == 0
    assert is_exact(cast)


def test_every_step_may_be_repeated_and_counts_once(cast: Cast, model: Worker) -> None:
    for _ in range(2):
        reserve_model_cost(project=cast.project, worker=model, amount_micros=300, key="a")
        reserve_model_cost(project=cast.project, worker=model, amount_micros=200, key="b")
    for _ in range(2):
        settle_model_cost(key="a", actual_micros=300)
        release_model_cost(key="b")
    assert (left(cast), booked(cast, AccountKind.PROJECT_COST), ModelCost.objects.count()) == (700, 300, 2)
    assert is_exact(cast)


def test_a_key_stands_for_one_call_and_one_outcome(cast: Cast, model: Worker) -> None:
    reserve_model_cost(project=cast.project, worker=model, amount_micros=300, key="a")
    with pytest.raises(Conflict):
        reserve_model_cost(project=cast.project, worker=model, amount_micros=301, key="a")
    settle_model_cost(key="a", actual_micros=1)
    with pytest.raises(Conflict):
        settle_model_cost(key="a", actual_micros=2)
    with pytest.raises(Conflict):
        release_model_cost(key="a")
    assert left(cast) == 999


def test_what_the_budget_does_not_cover_is_not_held(cast: Cast, model: Worker) -> None:
    with pytest.raises(BudgetExhausted):
        reserve_model_cost(project=cast.project, worker=model, amount_micros=1_001, key="a")
    assert (ModelCost.objects.count(), left(cast)) == (0, 1_000)


def test_a_cost_above_its_hold_takes_the_difference(cast: Cast, model: Worker) -> None:
    reserve_model_cost(project=cast.project, worker=model, amount_micros=300, key="a")
    assert settle_model_cost(key="a", actual_micros=450).overrun_micros == 0
    assert (left(cast), booked(cast, AccountKind.PROJECT_COST)) == (550, 450)


def test_a_cost_above_the_budget_is_on_record_and_the_budget_holds(cast: Cast, model: Worker) -> None:
    reserve_model_cost(project=cast.project, worker=model, amount_micros=900, key="a")
    settled = settle_model_cost(key="a", actual_micros=1_250)
    assert (settled.actual_micros, settled.overrun_micros, left(cast)) == (1_250, 250, 0)
    assert booked(cast, AccountKind.PROJECT_COST) == 1_000
    assert Event.objects.get(kind=EventKind.MODEL_COST_OVERRUN).detail == {"key": "a", "overrun_micros": 250}
    assert is_exact(cast)


def test_a_person_has_no_model_costs(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        reserve_model_cost(project=cast.project, worker=cast.worker, amount_micros=1, key="a")
