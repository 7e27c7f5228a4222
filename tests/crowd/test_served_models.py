"""An endpoint that serves another model than before: the rater loses its standing at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cast import Cast, make_cast
from fake_batches import FakeBatches
from fake_endpoint import FakeEndpoint, fake_endpoint, says, text
from raters_at_work import chat_rater, vote, work

from crowd.enums import ModelTestKind, VoteState
from crowd.errors import Conflict
from crowd.models import Answer, Enrolment, ModelCost, Rater, RaterRun, ServedModel, VoteChange, VoteFailure
from crowd.services import model_calls
from crowd.services.rater_renewal import renew_rater
from crowd.services.rater_runs import preview_rater, resume_rater
from crowd.services.tasks import NewTask, add_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint(says("positive")) as served:
        yield served


def serves(endpoint: FakeEndpoint, changes_at: str, **after: Any) -> None:
    """From the task with this text on, replies name another model."""
    plain = says("positive")
    seen: list[str] = []

    def answer(body: dict[str, Any]) -> Any:
        seen.append(text(body))
        named = {"model": "fake-1b-0601", "system_fingerprint": "fp_a"}
        if any(changes_at in asked for asked in seen):
            named |= after
        return plain(body) | named

    endpoint.answer = answer


def counted(cast: Cast, endpoint: FakeEndpoint, **changes: Any) -> Rater:
    rater = chat_rater(cast, endpoint.url, concurrency=1, **changes)
    Enrolment.objects.filter(worker=rater.worker).update(vote_state=VoteState.COUNTED)
    return rater


@pytest.mark.parametrize("after", [{"model": "fake-1b-0901"}, {"system_fingerprint": "fp_b"}])
def test_another_model_demotes_the_rater_before_its_vote_is_made(endpoint: FakeEndpoint, after: dict[str, str]) -> None:
    cast = make_cast(tasks=5)
    serves(endpoint, "text 3", **after)
    rater = counted(cast, endpoint)
    run = vote(cast, rater)
    assert (run.state, run.pause_code) == ("paused", "snapshot_changed")
    change = VoteChange.objects.get()
    assert (change.to_state, change.actor, change.test.kind) == (VoteState.SHADOW, None, ModelTestKind.SNAPSHOT)
    assert next(iter(after.values())) in change.reason
    answered = set(Answer.objects.filter(worker=rater.worker).values_list("task__key", flat=True))
    assert answered <= {"t1", "t2"}
    assert not VoteFailure.objects.exists()
    # Resumed, it stays what it was: no vote of the new model enters the record of the old one.
    asked = len(endpoint.bodies)
    resume_rater(rater=rater, actor=cast.owner)
    assert work(rater).pause_code == "snapshot_changed"
    assert set(Answer.objects.filter(worker=rater.worker).values_list("task__key", flat=True)) == answered
    assert len(endpoint.bodies) <= asked + 2


def test_a_process_that_dies_before_it_looks_changes_nothing(
    endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = make_cast(tasks=3)
    serves(endpoint, "text 2", model="other")
    monkeypatch.setattr(model_calls, "check_served", lambda **named: None)
    rater = counted(cast, endpoint)
    run = vote(cast, rater)
    assert run.pause_code == "snapshot_changed"
    assert [answer.task.key for answer in Answer.objects.filter(worker=rater.worker)] == ["t1"]
    assert VoteChange.objects.count() == 1


def test_the_new_model_takes_over_with_a_record_of_its_own(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=5, budget_micros=1_000_000)
    serves(endpoint, "text 3", model="fake-1b-0901")
    rater = counted(cast, endpoint, input_price_micros=1_000_000)
    vote(cast, rater)
    with pytest.raises(Conflict, match="no other model"):
        renew_rater(rater=chat_rater(cast, endpoint.url, name="quiet", spec={"model": "quiet"}), actor=cast.owner)
    fresh = renew_rater(rater=rater, actor=cast.owner)
    assert (fresh.replaces, fresh.group, fresh.spec["snapshot"]) == (rater, rater.group, "fake-1b-0901 fp_a")
    assert (fresh.key != rater.key, fresh.worker != rater.worker) == (True, True)
    assert cast.enrolment(fresh.worker).vote_state == VoteState.SHADOW
    assert RaterRun.objects.get(rater=rater).state == "finished"
    run = work(fresh)
    assert (run.votes, run.failures, run.tasks_left, run.state) == (5, 0, 0, "running")
    # What it had said already is not asked, nor paid for, again.
    asked = [text(body) for body in endpoint.bodies]
    assert asked.count("<text>\ntext 3\n</text>") == 1
    costs = ModelCost.objects.order_by("pk")
    assert list(costs.filter(state="settled").values_list("actual_micros", flat=True)) == [100] * len(endpoint.bodies)
    assert not costs.filter(state="held").exists()
    with pytest.raises(Conflict, match="renewed before"):
        renew_rater(rater=rater, actor=cast.owner)
    # Back to the old one: that is a change, too.
    serves(endpoint, "never")
    add_tasks(project=cast.project, tasks=[NewTask(key="new", payload={"text": "new"})], actor=cast.owner)
    assert work(fresh).pause_code == "snapshot_changed"
    assert renew_rater(rater=fresh, actor=cast.owner).replaces == fresh


def test_what_a_reply_leaves_out_is_no_change_and_what_it_adds_is_kept(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=4)
    serves(endpoint, "text 2", model=None, system_fingerprint=7)
    rater = counted(cast, endpoint)
    assert vote(cast, rater).votes == 4
    assert [str(row) for row in ServedModel.objects.all()] == ["fake-1b-0601 fp_a"]
    assert cast.enrolment(rater.worker).vote_state == VoteState.COUNTED


def test_a_rater_may_leave_fingerprints_alone(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=4)
    serves(endpoint, "text 2", system_fingerprint="fp_b")
    rater = counted(cast, endpoint, spec={"watches_fingerprint": False})
    assert vote(cast, rater).votes == 4
    serves(endpoint, "text", model="other")
    preview_rater(rater=rater, tasks=1, actor=cast.owner)
    assert cast.enrolment(rater.worker).vote_state == VoteState.COUNTED


def test_a_preview_that_meets_another_model_is_over_and_demotes(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=4)
    serves(endpoint, "never")
    rater = counted(cast, endpoint)
    preview_rater(rater=rater, tasks=1, actor=cast.owner)
    assert work(rater).state == "finished"
    serves(endpoint, "text", model="other")
    for _ in range(8):
        preview_rater(rater=rater, tasks=3, actor=cast.owner)
        run = work(rater)
        if run.pause_code:
            break
    assert (run.state, run.pause_code) == ("finished", "snapshot_changed")
    assert cast.enrolment(rater.worker).vote_state == VoteState.SHADOW
    preview_rater(rater=rater, tasks=1, actor=cast.owner)


def test_a_batch_file_that_another_model_answered_demotes(endpoint: FakeEndpoint) -> None:
    cast = make_cast(tasks=4)
    serves(endpoint, "text 3", model="other")
    endpoint.batches = FakeBatches(answer=lambda body: endpoint.answer(body))
    rater = counted(cast, endpoint, is_batched=True)
    run = vote(cast, rater)
    assert run.pause_code == "snapshot_changed"
    assert cast.enrolment(rater.worker).vote_state == VoteState.SHADOW
    assert not ModelCost.objects.filter(state="held").exists()
    fresh = renew_rater(rater=rater, actor=cast.owner)
    assert work(fresh).votes == 4
    # The host was asked about two texts twice: those that the old model had answered.
    assert [len(found.splitlines()) for found in endpoint.batches.submitted] == [4, 2]
