"""A process that dies at any step of a batch file: no vote is lost, nothing is submitted or paid for twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from batched_raters import BUDGET, batched, money
from cast import make_cast
from fake_batches import FakeBatches
from fake_endpoint import FakeEndpoint, fake_endpoint, says
from raters_at_work import vote, work

from crowd.models import RaterBatch, VoteDetail
from crowd.services import batch_results, rater_batches
from crowd.services.rater_runs import cancel_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(settings: Any) -> Iterator[FakeEndpoint]:
    settings.ARE_LOCAL_MODELS_ALLOWED = True
    with fake_endpoint(says("positive")) as served:
        served.batches = FakeBatches(answer=served.answer)
        yield served


@pytest.fixture
def host(endpoint: FakeEndpoint) -> FakeBatches:
    assert endpoint.batches is not None
    return endpoint.batches


STEPS = [
    "fill", "upload:before", "upload:after", "submit:before", "submit:after", "look:after", "download:after",
    "keep:half", "end:before", "end:after",
]  # fmt: skip


class Killed(BaseException):
    """As kill -9: nothing that follows is done, the lease is left behind."""


def die_once(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process die at a step, once."""
    name, _, when = step.partition(":")
    place: tuple[Any, str] = {
        "fill": (rater_batches, "fill_batch"),
        "upload": (rater_batches, "upload_file"),
        "submit": (rater_batches, "submit_batch"),
        "look": (rater_batches, "look_at_batch"),
        "download": (rater_batches, "_download"),
        "keep": (batch_results, "_keep"),
        "end": (rater_batches, "end_batch"),
    }[name]
    real: Callable[..., Any] = getattr(*place)
    deaths = iter([True])

    def dying(*arguments: Any, **named: Any) -> Any:
        if when == "before" and next(deaths, False):
            raise Killed
        result = real(*arguments, **named)
        if when != "before" and next(deaths, False):
            raise Killed
        return result

    monkeypatch.setattr(*place, dying)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_no_vote_and_submits_nothing_twice(
    endpoint: FakeEndpoint, host: FakeBatches, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    cast = make_cast(tasks=5, budget_micros=BUDGET)
    rater = batched(cast, endpoint)
    monkeypatch.setattr(batch_results, "LINES", 2)
    die_once(monkeypatch, step)
    with pytest.raises(Killed):
        vote(cast, rater)
    if step == "submit:before":
        # Whether the host has it cannot be told at once: nothing is sent before a lost request could have ended.
        work(rater)
        assert host.batches == {}
        RaterBatch.objects.update(submit_began_at=RaterBatch.objects.get().submit_began_at - timedelta(hours=1))
    run = work(rater)
    assert (run.votes, run.failures, run.tasks_left) == (5, 0, 0)
    assert len(host.batches) == 1
    assert len(host.calls) == 5
    assert money(cast) == (BUDGET - 750, 0, 750)
    assert VoteDetail.objects.count() == 5


def test_where_the_host_has_no_list_nothing_is_sent_twice(
    endpoint: FakeEndpoint, host: FakeBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = make_cast(tasks=2, budget_micros=BUDGET)
    host.has_list = False
    rater = batched(cast, endpoint)
    die_once(monkeypatch, "submit:after")
    with pytest.raises(Killed):
        vote(cast, rater)
    run = work(rater)
    assert (run.state, run.pause_code, len(host.batches)) == ("paused", "batch_unknown", 1)
    assert money(cast)[1] > 0
    cancel_batch(rater=rater, actor=cast.owner)
    run = work(rater)
    assert (run.state, run.pause_code, len(host.batches)) == ("paused", "batch_cancelled", 1)
    assert money(cast) == (BUDGET, 0, 0)
