"""Budget held for calls whose process was killed: it goes back once, and a vote that is still wanted asks anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from cast import Cast, make_cast
from crashing import Crash, crashing_at
from django.utils import timezone
from fake_batches import FakeBatches
from fake_endpoint import FakeEndpoint, fake_endpoint, says
from raters_at_work import chat_rater, work

from crowd.enums import CallState, CostState, EventKind
from crowd.models import Answer, BudgetShard, ModelCost, Rater, RaterCall, RaterRun
from crowd.queries.exactness import broken_promises
from crowd.raters.endpoint import Endpoint
from crowd.services.rater_runs import launch_rater, pause_rater, resume_rater
from crowd.services.rater_work import work_on_run
from crowd.services.stale_holds import STALE_AFTER, release_stale_holds

pytestmark = pytest.mark.django_db
BUDGET = 10_000_000


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        yield served


def killed(endpoint: FakeEndpoint) -> tuple[Cast, Rater]:
    """A rater whose process is killed with both of its calls in the air; its lease runs out."""
    cast = make_cast(tasks=2, budget_micros=BUDGET)
    rater = chat_rater(cast, endpoint.url, input_price_micros=1_000_000, concurrency=2)
    run = launch_rater(rater=rater, actor=cast.owner)

    def die(*args: Any, **kwargs: Any) -> Any:
        raise Crash

    with patch.object(Endpoint, "chat", die), pytest.raises(Crash):
        work_on_run(run_id=run.pk)
    # A killed process gives no lease back.
    RaterRun.objects.filter(pk=run.pk).update(leased_until=timezone.now() + timedelta(seconds=15))
    return cast, rater


def left(cast: Cast) -> int:
    return sum(BudgetShard.objects.filter(project=cast.project).values_list("left_micros", flat=True))


def test_what_a_killed_process_held_goes_back_once_the_run_rests(endpoint: FakeEndpoint) -> None:
    cast, rater = killed(endpoint)
    held = ModelCost.objects.filter(state=CostState.HELD).count()
    assert held == 2
    assert left(cast) < BUDGET
    soon = timezone.now() + STALE_AFTER - timedelta(minutes=1)
    assert release_stale_holds(now=soon) == 0, "the run is to take them up again"
    pause_rater(rater=rater, actor=cast.owner)
    later = timezone.now() + STALE_AFTER + timedelta(minutes=1)
    RaterRun.objects.update(leased_until=later + timedelta(seconds=9))
    assert release_stale_holds(now=later) == 0, "somebody is at it"
    RaterRun.objects.update(leased_until=None)
    assert release_stale_holds(now=later) == 2
    assert release_stale_holds(now=later) == 0
    assert left(cast) == BUDGET
    assert set(ModelCost.objects.values_list("state", flat=True)) == {CostState.RELEASED}
    calls = list(RaterCall.objects.order_by("id"))
    assert {call.state for call in calls} == {CallState.FAILED}
    assert "may have charged" in calls[0].detail
    events = cast.project.events.filter(kind=EventKind.HOLD_RELEASED)
    assert sorted(event.detail["call"] for event in events) == sorted(str(call.uid) for call in calls)
    assert not any(broken_promises(cast.project).values())


def test_a_vote_that_is_wanted_after_all_asks_anew_and_pays_once(endpoint: FakeEndpoint) -> None:
    cast, rater = killed(endpoint)
    pause_rater(rater=rater, actor=cast.owner)
    RaterRun.objects.update(leased_until=None)
    assert release_stale_holds(now=timezone.now() + 2 * STALE_AFTER) == 2
    resume_rater(rater=rater, actor=cast.owner)
    run = work(rater)
    assert (run.votes, run.failures) == (2, 0)
    assert Answer.objects.filter(worker=rater.worker).count() == 2
    assert sorted(ModelCost.objects.values_list("state", "actual_micros")) == [
        (CostState.RELEASED, None),
        (CostState.RELEASED, None),
        (CostState.SETTLED, 100),
        (CostState.SETTLED, 100),
    ]
    assert left(cast) == BUDGET - 200
    assert not any(broken_promises(cast.project).values())


def test_calls_in_a_batch_file_are_left_to_their_batch(endpoint: FakeEndpoint) -> None:
    endpoint.batches = FakeBatches(answer=endpoint.answer, status="in_progress")
    cast = make_cast(tasks=2, budget_micros=BUDGET)
    rater = chat_rater(cast, endpoint.url, input_price_micros=1_000_000, is_batched=True)
    launch_rater(rater=rater, actor=cast.owner)
    work(rater)
    RaterRun.objects.update(leased_until=None)
    held = BUDGET - left(cast)
    assert held > 0
    later = timezone.now() + 2 * STALE_AFTER
    assert release_stale_holds(now=later) == 0
    assert set(RaterCall.objects.values_list("state", "batch__state")) == {(CallState.INTENDED, "submitted")}
    assert BUDGET - left(cast) == held
    # The file is answered after all: its votes are there, and nothing is held or paid for a second time.
    endpoint.batches.status = "completed"
    assert work(rater).votes == 2
    assert sorted(ModelCost.objects.values_list("state", "actual_micros")) == [(CostState.SETTLED, 100)]
    assert left(cast) == BUDGET - 100
    assert not any(broken_promises(cast.project).values())


@pytest.mark.parametrize("statement", range(0, 14, 2))
def test_a_sweep_that_is_killed_anywhere_leaves_nothing_half_done(endpoint: FakeEndpoint, statement: int) -> None:
    cast, _ = killed(endpoint)
    RaterRun.objects.update(leased_until=None)
    later = timezone.now() + 2 * STALE_AFTER
    try:
        with crashing_at(statement):
            release_stale_holds(now=later)
    except Crash:
        pass
    assert not any(broken_promises(cast.project).values())
    release_stale_holds(now=later)
    assert left(cast) == BUDGET
    assert cast.project.events.filter(kind=EventKind.HOLD_RELEASED).count() == 2
