"""A chat model at work behind a real socket: votes, probabilities, failures, limits, budget, pauses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cast import Cast, make_cast
from fake_endpoint import FakeEndpoint, completion, fake_endpoint, options, says, tokens_of
from raters_at_work import chat_rater, vote, work

from crowd.enums import FailureReason, RaterRunState, VoteState
from crowd.models import (
    Answer,
    BudgetShard,
    ModelCost,
    RaterCall,
    RaterRun,
    Task,
    VoteDetail,
    VoteFailure,
)
from crowd.services.prompts import PromptText
from crowd.services.rater_runs import pause_rater, resume_rater, retry_failures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        yield served


def test_votes_are_stored_with_all_that_stands_behind_them(cast: Cast, endpoint: FakeEndpoint) -> None:
    rater = chat_rater(cast, endpoint.url, input_price_micros=2_000_000, output_price_micros=10_000_000)
    run = vote(cast, rater)
    assert (run.votes, run.abstentions, run.failures, run.tasks_left) == (2, 0, 0, 0)
    details = list(VoteDetail.objects.order_by("task_id"))
    assert [detail.answer.value for detail in details] == ["positive", "positive"]
    first = details[0]
    assert first.probabilities == pytest.approx([1 / 9, 0, 8 / 9])
    assert first.label_mass == pytest.approx(0.9)
    assert (first.input_tokens, first.output_tokens, first.cost_micros) == (100, 10, 300)
    assert (first.group, first.finish_reason, first.is_cached) == ("llm:fake", "stop", False)
    assert first.latency_seconds > 0
    assert run.cost_micros == 600
    assert list(ModelCost.objects.values_list("actual_micros", flat=True)) == [300, 300]
    assert cast.enrolment(rater.worker).vote_state == VoteState.SHADOW
    assert not Answer.objects.filter(worker=rater.worker, holds_place=True).exists()


def test_the_same_payload_is_asked_about_once(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=1)
    for n in range(2):
        Task.objects.create(project=cast.project, key=f"copy{n}", payload={"text": "text 1"})
    run = vote(cast, chat_rater(cast, endpoint.url, input_price_micros=1_000_000, output_price_micros=0))
    assert (run.votes, run.cached, run.cost_micros) == (3, 2, 100)
    assert len(endpoint.bodies) == 1
    assert list(VoteDetail.objects.order_by("pk").values_list("is_cached", "cost_micros")) == [
        (False, 100),
        (True, 0),
        (True, 0),
    ]


def test_options_are_rotated_and_their_log_probabilities_averaged(cast: Cast, endpoint: FakeEndpoint) -> None:
    # A model that prefers whatever is named first: rotation leaves it without an opinion.
    def first_named(body: dict[str, Any]) -> dict[str, Any]:
        system = body["messages"][0]["content"]
        word = min(options(body), key=system.index)
        rest = [option for option in options(body) if option != word]
        shares = {word: 0.6, rest[0]: 0.15, rest[1]: 0.15}
        return completion(json.dumps({"label": word}), tokens=tokens_of(word, shares))

    endpoint.answer = first_named
    vote(cast, chat_rater(cast, endpoint.url, spec={"rotations": 3}))
    assert len(endpoint.bodies) == 6
    assert VoteDetail.objects.first().probabilities == pytest.approx([1 / 3] * 3)


def test_little_mass_on_labels_is_an_abstention(cast: Cast, endpoint: FakeEndpoint) -> None:
    endpoint.answer = lambda body: completion(
        '{"label": "positive"}', tokens=tokens_of("positive", {"positive": 0.3, "negative": 0.1, "Well": 0.5})
    )
    run = vote(cast, chat_rater(cast, endpoint.url))
    assert (run.votes, run.abstentions) == (0, 2)
    detail = VoteDetail.objects.select_related("cached_vote").first()
    assert (detail.is_abstention, detail.answer, detail.cached_vote.abstained_because) == (True, None, "label_mass")
    assert detail.label_mass == pytest.approx(0.4)
    assert not Answer.objects.exists()


def test_several_samples_without_log_probabilities_give_shares(cast: Cast, endpoint: FakeEndpoint) -> None:
    def by_seed(body: dict[str, Any]) -> dict[str, Any]:
        return completion(json.dumps({"label": "negative" if body["seed"] == 0 else "positive"}))

    endpoint.answer = by_seed
    vote(cast, chat_rater(cast, endpoint.url, spec={"samples": 4, "temperature": 1.0}))
    assert VoteDetail.objects.first().probabilities == [0.25, 0.0, 0.75]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (completion('{"label": "great"}'), FailureReason.OUTSIDE_SCHEMA),
        (completion('{"label": "positive", "why": "x"}'), FailureReason.OUTSIDE_SCHEMA),
        (completion("positive"), FailureReason.OUTSIDE_SCHEMA),
        ({"choices": []}, FailureReason.OUTSIDE_SCHEMA),
        (completion(""), FailureReason.EMPTY),
        (completion(None), FailureReason.EMPTY),
        (completion(None, message={"content": None, "refusal": "I would rather not"}), FailureReason.REFUSAL),
        (completion('{"label": "pos', finish_reason="length"), FailureReason.CUT_SHORT),
        ((400, {}, "no such model"), FailureReason.REJECTED),
    ],
)
def test_what_is_no_answer_is_a_failure_with_its_reason(
    cast: Cast, endpoint: FakeEndpoint, reply: Any, reason: FailureReason
) -> None:
    endpoint.answer = lambda body: reply
    run = vote(cast, chat_rater(cast, endpoint.url))
    assert (run.votes, run.abstentions, run.failures) == (0, 0, 2)
    failures = VoteFailure.objects.all()
    assert {failure.reason for failure in failures} == {reason}
    assert all(failure.detail for failure in failures)
    assert not Answer.objects.exists()
    assert len(endpoint.bodies) == 2


def test_a_timeout_is_tried_again_then_listed(
    cast: Cast, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crowd.services.model_calls.MAX_SENT", 2)
    endpoint.delay_seconds = 0.4
    run = vote(cast, chat_rater(cast, endpoint.url, timeout_seconds=0.1))
    assert run.failures == 2
    assert {failure.reason for failure in VoteFailure.objects.all()} == {FailureReason.TIMEOUT}
    assert list(RaterCall.objects.values_list("sent", flat=True)) == [2, 2]
    assert set(ModelCost.objects.values_list("state", flat=True)) == {"released"}


def test_a_busy_endpoint_is_asked_again_after_the_time_it_names(cast: Cast, endpoint: FakeEndpoint) -> None:
    replies = iter([(429, {"Retry-After": "0"}, "slow down"), (503, {}, "one moment")])
    endpoint.answer = lambda body: next(replies, None) or says("neutral")(body)
    run = vote(cast, chat_rater(cast, endpoint.url, concurrency=1))
    assert (run.votes, run.failures, len(endpoint.bodies)) == (2, 0, 4)
    keys = [headers["Idempotency-Key"] for headers in endpoint.headers]
    assert len(set(keys)) == 2


def test_a_long_retry_after_puts_the_run_aside(cast: Cast, endpoint: FakeEndpoint) -> None:
    endpoint.answer = lambda body: (429, {"Retry-After": "120"}, "come back later")
    rater = chat_rater(cast, endpoint.url)
    run = vote(cast, rater)
    assert (run.state, run.failures) == (RaterRunState.RUNNING, 0)
    assert run.look_at > run.created_at
    assert run.leased_until is None
    endpoint.answer = says("neutral")
    assert work(rater).votes == 2
    assert not RaterCall.objects.filter(is_repeated=True).exists()


def test_an_endpoint_that_keeps_failing_pauses_the_run(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=30)
    endpoint.answer = lambda body: (401, {}, "wrong key")
    run = vote(cast, chat_rater(cast, endpoint.url))
    assert (run.state, run.pause_code, run.failures) == (RaterRunState.PAUSED, "endpoint_fails", 5)
    assert "wrong key" in run.pause_reason


def test_failures_are_tried_again_when_a_manager_says_so(cast: Cast, endpoint: FakeEndpoint) -> None:
    endpoint.answer = lambda body: completion("nonsense")
    rater = chat_rater(cast, endpoint.url)
    vote(cast, rater)
    endpoint.answer = says("negative")
    assert retry_failures(rater=rater, actor=cast.owner) == 2
    assert work(rater).votes == 2
    assert retry_failures(rater=rater, actor=cast.owner) == 0
    assert VoteFailure.objects.filter(retried_at__isnull=False).count() == 2
    assert RaterCall.objects.filter(part__contains="~").count() == 2


def test_no_call_is_made_that_the_budget_does_not_cover(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=4, budget_micros=1_000_000, price_micros=0)
    rater = chat_rater(cast, endpoint.url, input_price_micros=2_000_000_000, output_price_micros=0, concurrency=1)
    run = vote(cast, rater)
    assert (run.state, run.pause_code) == (RaterRunState.PAUSED, "over_budget")
    assert {failure.reason for failure in VoteFailure.objects.all()} == {FailureReason.OVER_BUDGET}
    made = len(endpoint.bodies)
    assert run.votes == made
    assert 1 <= made < 4
    left = sum(BudgetShard.objects.values_list("left_micros", flat=True))
    assert left == 1_000_000 - made * 200_000
    shard = BudgetShard.objects.first()
    BudgetShard.objects.filter(pk=shard.pk).update(left_micros=5_000_000)
    resume_rater(rater=rater, actor=cast.owner)
    assert work(rater).votes == 4
    assert not VoteFailure.objects.filter(retried_at__isnull=True).exists()


def test_several_tasks_are_asked_about_at_once_and_one_after_the_other_handed_in(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=12)
    endpoint.delay_seconds = 0.2
    run = vote(cast, chat_rater(cast, endpoint.url, concurrency=4))
    assert run.votes == 12
    assert endpoint.most_at_once == 4
    assert len(endpoint.bodies) == 12


def test_requests_a_minute_are_kept_to(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=6)
    rater = chat_rater(cast, endpoint.url, requests_per_minute=4)
    run = vote(cast, rater)
    # The fifth waits for more than a worker waits with it: the run is put aside.
    assert (len(endpoint.bodies), run.state) == (4, RaterRunState.RUNNING)


def test_a_paused_rater_makes_no_call_and_goes_on_where_it_was(cast: Cast, endpoint: FakeEndpoint) -> None:
    rater = chat_rater(cast, endpoint.url)
    from crowd.services.rater_runs import launch_rater

    launch_rater(rater=rater, actor=cast.owner)
    assert pause_rater(rater=rater, actor=cast.owner).state == RaterRunState.PAUSED
    work(rater)
    assert endpoint.bodies == []
    resume_rater(rater=rater, actor=cast.owner)
    assert work(rater).votes == 2


def test_a_prompt_can_spell_out_the_reply_of_every_label(cast: Cast, endpoint: FakeEndpoint) -> None:
    prompt = PromptText(system="Reply with one of: {{ replies }}.", user="{{ payload.text }}")
    vote(cast, chat_rater(cast, endpoint.url, prompt=prompt, spec={"rotations": 3}))
    asked = sorted({body["messages"][0]["content"] for body in endpoint.bodies})
    assert asked == [
        'Reply with one of: {"label": "negative"}, {"label": "neutral"}, {"label": "positive"}.',
        'Reply with one of: {"label": "neutral"}, {"label": "positive"}, {"label": "negative"}.',
        'Reply with one of: {"label": "positive"}, {"label": "negative"}, {"label": "neutral"}.',
    ]


def test_a_run_that_is_leased_is_left_to_its_holder(cast: Cast, endpoint: FakeEndpoint) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from crowd.services.rater_runs import launch_rater

    rater = chat_rater(cast, endpoint.url)
    launch_rater(rater=rater, actor=cast.owner)
    RaterRun.objects.update(leased_until=timezone.now() + timedelta(seconds=30))
    work(rater)
    assert endpoint.bodies == []


def test_slices_leave_no_task_behind_the_golds(endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast(tasks=8)
    cast.gold(4)
    cast.configure(gold_rate=0.5)
    endpoint.delay_seconds = 0.1
    monkeypatch.setattr("crowd.services.rater_work.SLICE_SECONDS", 0.7)
    rater = chat_rater(cast, endpoint.url, concurrency=1)
    vote(cast, rater)
    work(rater, slices=60)
    assert Answer.objects.filter(worker=rater.worker, is_gold=False).count() == 8
