"""A model asked in batch files, by a host that speaks them over a real socket: priced, resumable, never sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from batched_raters import BUDGET, batched, money
from cast import make_cast
from fake_batches import FakeBatches, failed_line
from fake_endpoint import FakeEndpoint, completion, fake_endpoint, says
from raters_at_work import vote, work

from crowd.errors import Conflict
from crowd.models import (
    Assignment,
    BudgetShard,
    RaterBatch,
    RaterRun,
    VoteDetail,
    VoteFailure,
)
from crowd.queries.raters import forecast_of, progress_of
from crowd.services import batch_filling
from crowd.services.model_calls import most_cost_micros
from crowd.services.rater_runs import cancel_batch, pause_rater, resume_rater, retry_failures
from crowd.services.rater_setup import plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        served.batches = FakeBatches(answer=served.answer)
        yield served


@pytest.fixture
def host(endpoint: FakeEndpoint) -> FakeBatches:
    assert endpoint.batches is not None
    return endpoint.batches


def test_votes_come_in_one_file_at_the_discount(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=5, budget_micros=BUDGET)
    rater = batched(cast, endpoint)
    run = vote(cast, rater)
    assert (run.votes, run.failures, run.tasks_left, run.state) == (5, 0, 0, "running")
    assert endpoint.bodies == []
    assert len(host.batches) == 1
    assert {call["body"]["messages"][-1]["content"] for call in host.calls} == {
        f"<text>\ntext {n}\n</text>" for n in range(1, 6)
    }
    # 100 tokens in, 10 out, at half of 300 micro-units.
    assert list(VoteDetail.objects.values_list("cost_micros", flat=True)) == [150] * 5
    assert money(cast) == (BUDGET - 750, 0, 750)
    assert VoteDetail.objects.first().probabilities == pytest.approx([1 / 9, 0, 8 / 9])
    # The host keeps neither the texts nor what was made of them.
    assert host.files == {}


def test_the_cost_is_held_while_the_host_takes_its_time(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=5, budget_micros=BUDGET)
    host.status = "in_progress"
    run = vote(cast, batched(cast, endpoint))
    batch = RaterBatch.objects.get()
    assert (batch.state, batch.calls_made, run.votes) == ("submitted", 5, 0)
    assert money(cast) == (BUDGET - batch.reserved_micros, batch.reserved_micros, 0)
    assert batch.reserved_micros > 750
    # Nobody's lease runs while the host takes its time.
    assert not Assignment.objects.filter(state="active").exists()
    progress = progress_of(run.rater)
    assert progress.batch == batch
    assert progress.time_left is not None
    assert progress.time_left.low == 0


def test_as_many_tasks_are_sent_as_the_budget_covers(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=8, budget_micros=BUDGET)
    rater = batched(cast, endpoint, input_price_micros=100_000, output_price_micros=100_000)
    [part] = batch_filling.call_parts(plan_of(rater), cast.task())
    one = batch_filling.discounted(most_cost_micros(rater, part.body), discount_percent=50)
    shards = list(BudgetShard.objects.filter(project=cast.project).values_list("pk", flat=True))
    BudgetShard.objects.filter(pk__in=shards).update(left_micros=0)
    BudgetShard.objects.filter(pk=shards[0]).update(left_micros=2 * one)
    # Calls that cost all that was held for them.
    host.answer = lambda body: completion('{"label": "positive"}') | {"usage": {}}
    run = vote(cast, rater)
    assert [len(text.splitlines()) for text in host.submitted] == [2]
    assert (run.state, run.pause_code, run.votes) == ("paused", "over_budget", 2)
    assert money(cast) == (0, 0, 2 * one)
    BudgetShard.objects.filter(pk=shards[0]).update(left_micros=6 * one)
    resume_rater(rater=rater, actor=cast.owner)
    assert (work(rater).votes, [len(text.splitlines()) for text in host.submitted]) == (8, [2, 6])


def test_what_failed_in_the_file_is_listed_and_asked_again(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=6, budget_micros=BUDGET)
    refusals: dict[str, Callable[[str], dict[str, Any]]] = {
        "text 1": lambda uid: failed_line(uid, 400, "content_policy", "not this text"),
        "text 2": lambda uid: failed_line(uid, 500, "", "oh"),
        "text 3": lambda uid: failed_line(uid, None, "batch_expired", "too late"),
        # Not a word about it in either file.
        "text 4": lambda uid: {},
    }

    def line(call: dict[str, Any]) -> dict[str, Any] | None:
        asked = call["body"]["messages"][-1]["content"].split("\n")[1]
        return refusals[asked](call["custom_id"]) if asked in refusals else None

    host.line = line
    rater = batched(cast, endpoint)
    run = vote(cast, rater)
    assert (run.votes, run.failures, run.tasks_left, run.state) == (2, 4, 0, "running")
    listed = {row.task.payload["text"]: (row.reason, row.detail) for row in VoteFailure.objects.select_related("task")}
    assert listed == {
        "text 1": ("rejected", "the endpoint answered 400 in the batch: content_policy not this text"),
        "text 2": ("server_error", "the endpoint answered 500 in the batch: oh"),
        "text 3": ("expired", "the batch has no reply to this call: batch_expired too late"),
        "text 4": ("missing", "the host ended the batch without a word about this call"),
    }
    assert money(cast)[1:] == (0, 300)
    refusals.clear()
    assert retry_failures(rater=rater, actor=cast.owner) == 4
    run = work(rater)
    assert (run.votes, run.tasks_left) == (6, 0)
    assert [len(text.splitlines()) for text in host.submitted] == [6, 4]
    assert money(cast)[1:] == (0, 900)


def test_nonsense_in_the_files_is_passed_over(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=2, budget_micros=BUDGET)

    def answer(body: dict[str, Any]) -> Any:
        return completion("banana") if "text 1" in json.dumps(body) else says("positive")(body)

    host.answer = answer
    # An error line about a call that nobody made, and one that is no object.
    host.line = lambda call: None
    look = host._look

    def spoiled(batch: dict[str, Any]) -> Any:
        reply = look(batch)
        if batch.get("output_file_id"):
            file = host.files[batch["output_file_id"]]
            twice = file["content"].splitlines()[0]
            strange = json.dumps(failed_line("not ours", 400, "x", "y"))
            file["content"] += f"\n{twice}\nnull\n{{broken\n{strange}\n[]\n"
        return reply

    host._look = spoiled  # type: ignore[method-assign]
    run = vote(cast, batched(cast, endpoint))
    assert (run.votes, run.failures) == (1, 1)
    assert VoteFailure.objects.get().reason == "outside_schema"
    # A reply that is no label was made all the same, and is paid for.
    assert money(cast)[1:] == (0, 300)


def test_a_file_that_the_host_refuses_pauses_the_run_and_holds_nothing(
    endpoint: FakeEndpoint, host: FakeBatches
) -> None:
    cast = make_cast(tasks=3, budget_micros=BUDGET)
    host.status, host.problems = "failed", [{"code": "token_limit_exceeded", "message": "enqueued too much"}]
    rater = batched(cast, endpoint)
    run = vote(cast, rater)
    assert (run.state, run.pause_code) == ("paused", "batch_refused")
    assert "enqueued too much" in run.pause_reason
    assert money(cast) == (BUDGET, 0, 0)
    host.status = "completed"
    resume_rater(rater=rater, actor=cast.owner)
    run = work(rater)
    assert (run.votes, run.tasks_left) == (3, 0)
    assert money(cast)[1:] == (0, 450)


def test_a_host_without_batch_files_is_said_so(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=2, budget_micros=BUDGET)
    host.refusal = (404, {}, '{"error": {"message": "unknown address /v1/files"}}')
    run = vote(cast, batched(cast, endpoint))
    assert (run.state, run.pause_code) == ("paused", "batch_refused")
    assert "404" in run.pause_reason
    assert money(cast) == (BUDGET, 0, 0)


def test_a_cancelled_batch_keeps_what_was_done_and_lists_the_rest(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=4, budget_micros=BUDGET)
    host.status = "in_progress"
    rater = batched(cast, endpoint)
    vote(cast, rater)
    pause_rater(rater=rater, actor=cast.owner)
    host.line = lambda call: {} if "text 1" in json.dumps(call) else None
    cancel_batch(rater=rater, actor=cast.owner)
    cancel_batch(rater=rater, actor=cast.owner)
    assert work(rater).state == "running"
    run = work(rater)
    assert (run.state, run.pause_code) == ("paused", "batch_cancelled")
    assert host.requests.count("POST /batches/batch_1/cancel") == 1
    resume_rater(rater=rater, actor=cast.owner)
    run = work(rater)
    assert (run.votes, run.failures) == (3, 1)
    assert VoteFailure.objects.get().reason == "cancelled"
    assert money(cast)[1:] == (0, 450)
    with pytest.raises(Conflict, match="no batch"):
        cancel_batch(rater=rater, actor=cast.owner)


def test_a_busy_host_is_asked_again_and_a_dead_one_pauses_the_run(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=2, budget_micros=BUDGET)
    host.refusal = (503, {"Retry-After": "90"}, "{}")
    rater = batched(cast, endpoint)
    run = vote(cast, rater)
    assert (run.state, run.look_at > run.created_at + timedelta(seconds=80)) == ("running", True)
    for _ in range(4):
        run = work(rater)
    assert (run.state, run.pause_code) == ("paused", "endpoint_fails")
    host.refusal = None
    resume_rater(rater=rater, actor=cast.owner)
    assert work(rater).votes == 2


def test_golds_come_with_the_file(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=6, budget_micros=BUDGET)
    cast.gold(4)
    cast.configure(gold_rate=0.5)
    run = vote(cast, batched(cast, endpoint))
    assert run.tasks_left == 0
    assert len(host.batches) == 1
    assert run.votes == 6 + Assignment.objects.filter(worker=run.rater.worker, is_gold=True).count()


def test_the_forecast_is_of_the_cheaper_way(endpoint: FakeEndpoint, host: FakeBatches) -> None:
    cast = make_cast(tasks=4, budget_micros=BUDGET)
    rater = batched(cast, endpoint, batch_discount_percent=75)
    vote(cast, rater)
    found = forecast_of(rater, tasks=100, guesses=[])
    assert found.cost_micros.expected == pytest.approx(100 * 75)
    assert found.seconds.high == 24 * 3600
    assert found.seconds.low == 0


def test_large_jobs_go_in_several_files(
    endpoint: FakeEndpoint, host: FakeBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_filling, "MOST_IN_FILE", 4)
    monkeypatch.setattr(batch_filling, "CHUNK", 3)
    cast = make_cast(tasks=10, budget_micros=BUDGET)
    run = vote(cast, batched(cast, endpoint))
    assert (run.votes, run.tasks_left) == (10, 0)
    assert [len(text.splitlines()) for text in host.submitted] == [4, 4, 2]
    assert RaterRun.objects.count() == 1
