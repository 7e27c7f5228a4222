"""Models earn their votes by tests, lose them at once, and decide alone only where they are certified."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cast import Cast, make_cast
from model_crowds import add_model, give, people_of, truth_of, votes_of

from crowd.enums import ModelTestKind, TaskState, VoteState
from crowd.errors import Conflict, NotFound
from crowd.models import (
    Answer,
    Consensus,
    GateTerms,
    InjectionFlag,
    ModelDecision,
    ModelStanding,
    ModelTest,
    Task,
    VoteChange,
    WebhookMessage,
    Worker,
)
from crowd.services.prevalence import draw_prevalence_sample
from crowd.services.processing import process_answer
from crowd.services.refit import refit_project
from crowd.services.tasks import NewTask, add_tasks
from crowd.services.vote_states import demote_model, promote_model
from crowd.services.webhook_settings import WebhookPlan, add_webhook

pytestmark = pytest.mark.django_db


def reviewed(
    accuracy: float, *, tasks: int = 90, is_automatic: bool = False, n_workers: int = 6
) -> tuple[Cast, Worker, dict[int, int]]:
    """A project whose people are right at .85, each task answered by four, with a model of that accuracy, refitted."""
    cast = make_cast(tasks=tasks, workers=n_workers, min_overlap=3, max_overlap=5)
    truth = truth_of(cast)
    people_of(cast, truth, 0.85, overlap=4)
    model = add_model(cast)
    give(cast, model, votes_of(truth, accuracy))
    GateTerms.objects.create(project=cast.project, is_promotion_automatic=is_automatic)
    refit_project(project_id=cast.project.pk)
    return cast, model, truth


def state_of(cast: Cast, model: Worker) -> str:
    return cast.enrolment(model).vote_state


def test_a_good_model_is_proposed_and_counts_once_a_manager_confirms() -> None:
    cast, model, _ = reviewed(0.95)
    standing = ModelStanding.objects.get(worker=model)
    assert (state_of(cast, model), standing.proposed) == (VoteState.SHADOW, VoteState.COUNTED)
    test = standing.test
    assert test is not None
    assert (test.kind, test.test, test.passes, test.tasks) == (ModelTestKind.STAND_IN, "alt_test", True, 90)
    assert test.last_answer_id == Answer.objects.order_by("-id").values_list("id", flat=True).first()
    change = promote_model(project=cast.project, worker_uid=model.uid, reason="as tested", actor=cast.manager)
    assert (change.from_state, change.to_state, change.actor, change.test) == (
        VoteState.SHADOW, VoteState.COUNTED, cast.manager, test,
    )  # fmt: skip
    assert change.evidence["reference_accuracy"] == pytest.approx(0.95, abs=0.06)
    before = Consensus.objects.order_by("task_id").values_list("answers", flat=True)[0]
    refit_project(project_id=cast.project.pk)
    assert (before, Consensus.objects.order_by("task_id").values_list("answers", flat=True)[0]) == (4, 5)


def test_a_project_may_let_the_job_promote() -> None:
    cast, model, _ = reviewed(0.95, is_automatic=True)
    change = VoteChange.objects.get(worker=model)
    assert (state_of(cast, model), change.actor, change.to_state) == (VoteState.COUNTED, None, VoteState.COUNTED)


def test_a_guesser_stays_in_the_shadow_and_no_manager_can_count_it() -> None:
    cast, model, _ = reviewed(0.33, is_automatic=True)
    assert state_of(cast, model) == VoteState.SHADOW
    assert ModelTest.objects.get(worker=model).passes is False
    with pytest.raises(Conflict, match="no test proposes"):
        promote_model(project=cast.project, worker_uid=model.uid, reason="please", actor=cast.owner)
    assert not VoteChange.objects.exists()


def test_people_who_share_few_tasks_are_pooled_and_the_record_says_so() -> None:
    _, model, _ = reviewed(0.95, tasks=60, n_workers=20)
    assert ModelTest.objects.get(worker=model).test == "posterior_test"


def test_too_few_tasks_say_nothing() -> None:
    cast, model, _ = reviewed(0.95, tasks=20)
    test = ModelTest.objects.get(worker=model)
    assert (test.passes, test.test, state_of(cast, model)) == (None, "none", VoteState.SHADOW)
    assert test.reason.startswith("cannot say yet")


def test_the_same_answers_are_not_tested_twice() -> None:
    cast, model, _ = reviewed(0.95)
    refit_project(project_id=cast.project.pk)
    assert ModelTest.objects.filter(worker=model, kind=ModelTestKind.STAND_IN).count() == 1


def test_five_copies_of_a_counted_model_move_the_servers_consensus_no_further_than_one() -> None:
    posteriors = []
    for copies in (1, 5):
        cast = make_cast(tasks=30, workers=6, min_overlap=3, max_overlap=5)
        truth = truth_of(cast)
        people_of(cast, truth, 0.75, overlap=3)
        votes = votes_of(truth, 0.7)
        for i in range(copies):
            model = add_model(cast, f"m{i}", family="one")
            give(cast, model, votes)
            cast.project.enrolments.filter(worker=model).update(vote_state=VoteState.COUNTED)
        refit_project(project_id=cast.project.pk)
        rows = Consensus.objects.filter(project=cast.project).order_by("task_id").values_list("posterior", flat=True)
        posteriors.append([share for row in rows for share in row])
    assert posteriors[0] == pytest.approx(posteriors[1], abs=1e-9)


def counted(accuracy: float = 0.95) -> tuple[Cast, Worker, dict[int, int]]:
    cast, model, truth = reviewed(accuracy)
    promote_model(project=cast.project, worker_uid=model.uid, reason="as tested", actor=cast.owner)
    return cast, model, truth


def test_a_model_that_turns_adversarial_is_demoted_within_30_golds() -> None:
    cast, model, _ = counted()
    golds = cast.gold(30, "positive")
    for count, gold in enumerate(golds, start=1):  # noqa: B007
        answer = give(cast, model, {gold.task_id: 0})[0]
        Answer.objects.filter(pk=answer.pk).update(processed_at=None)
        process_answer(answer_id=answer.pk)
        if state_of(cast, model) == VoteState.SHADOW:
            break
    assert 3 <= count <= 30
    change = VoteChange.objects.order_by("-id").first()
    assert change is not None
    assert change.test is not None
    assert (change.to_state, change.actor, change.test.kind) == (VoteState.SHADOW, None, ModelTestKind.DRIFT)
    cast.project.refresh_from_db()
    assert cast.project.is_dirty


def test_a_demoted_model_is_not_brought_back_by_the_votes_it_had_before() -> None:
    cast, model, truth = reviewed(0.95, tasks=100, is_automatic=True)
    demote_model(
        project=cast.project, worker_uid=model.uid, state=VoteState.SHADOW, reason="I doubt it", actor=cast.manager
    )
    refit_project(project_id=cast.project.pk)
    standing = ModelStanding.objects.get(worker=model)
    assert (state_of(cast, model), standing.proposed, standing.test) == (VoteState.SHADOW, "", None)
    later = [NewTask(key=f"later{i}", payload={"text": f"later {i}"}) for i in range(90)]
    add_tasks(project=cast.project, tasks=later, actor=cast.owner)
    fresh = {task_id: right for task_id, right in truth_of(cast).items() if task_id not in truth}
    people_of(cast, fresh, 0.85, overlap=4, seed=5)
    give(cast, model, votes_of(fresh, 0.95))
    refit_project(project_id=cast.project.pk)
    assert state_of(cast, model) == VoteState.COUNTED


def test_a_demotion_by_hand_goes_down_only_and_to_models_only() -> None:
    cast, model, _ = counted()
    ask = {"project": cast.project, "reason": "too dear", "actor": cast.manager}
    with pytest.raises(Conflict, match="goes down"):
        demote_model(worker_uid=model.uid, state=VoteState.COUNTED, **ask)
    with pytest.raises(NotFound):
        demote_model(worker_uid=cast.worker.uid, state=VoteState.SHADOW, **ask)
    assert demote_model(worker_uid=model.uid, state=VoteState.SHADOW, **ask).reason == "too dear"
    assert state_of(cast, model) == VoteState.SHADOW


def deciding(*, audit_share: float = 0.5) -> tuple[Cast, Worker, list[Task]]:
    """A model that may decide, with 40 tasks that it has voted on and nobody has begun; one is flagged."""
    cast = make_cast(tasks=290, workers=6, min_overlap=3, max_overlap=5)
    truth = truth_of(cast)
    begun = dict(list(truth.items())[:250])
    people_of(cast, begun, 0.95, overlap=4)
    add_webhook(project=cast.project, plan=WebhookPlan(url="https://example.org/hook"), actor=cast.owner)
    model = add_model(cast)
    give(cast, model, votes_of(truth, 0.99))
    flagged = list(truth)[289]
    InjectionFlag.objects.create(task_id=flagged, project=cast.project, evidence=[], created_at=cast.project.created_at)
    GateTerms.objects.create(project=cast.project, is_promotion_automatic=True, audit_share=audit_share)
    for _ in range(3):
        refit_project(project_id=cast.project.pk)
    return cast, model, list(Task.objects.filter(pk__in=list(truth)[250:]).order_by("id"))


def test_a_certified_model_decides_untouched_tasks_but_the_audited_and_the_flagged() -> None:
    cast, model, tasks = deciding()
    assert state_of(cast, model) == VoteState.DECIDES
    decisions = {row.task_id: row for row in ModelDecision.objects.all()}
    assert set(decisions) == {task.pk for task in tasks[:-1]}
    for task in tasks[:-1]:
        is_open = decisions[task.pk].is_audited
        assert (task.state, task.is_open) == ((TaskState.OPEN, True) if is_open else (TaskState.COMPLETE, False))
    assert {row.audit_probability for row in decisions.values()} == {0.5}
    assert 0 < sum(row.is_audited for row in decisions.values()) < 39
    assert all(row.test.kind == ModelTestKind.ROUTING and row.test.passes for row in decisions.values())
    assert tasks[-1].state == TaskState.OPEN
    assert not Consensus.objects.filter(task=tasks[-1]).exists()
    refit_project(project_id=cast.project.pk)
    assert ModelDecision.objects.count() == 39


def test_a_model_that_loses_the_right_gives_its_tasks_back_to_people() -> None:
    cast, model, tasks = deciding()
    demote_model(project=cast.project, worker_uid=model.uid, state=VoteState.SHADOW, reason="no more", actor=cast.owner)
    refit_project(project_id=cast.project.pk)
    assert not ModelDecision.objects.filter(withdrawn_at__isnull=True).exists()
    found = Task.objects.filter(pk__in=[task.pk for task in tasks])
    assert {(task.state, task.is_open, task.open_slots) for task in found} == {(TaskState.OPEN, True, 3)}


def test_webhooks_are_told_what_a_model_decided_and_what_went_back_to_people() -> None:
    cast, model, _ = deciding()
    alone = {str(row.task.uid): row for row in ModelDecision.objects.filter(is_audited=False).select_related("task")}
    told = {row["task"]: row for row in messages("task.completed", "a certified model decided")}
    assert set(told) == set(alone)
    for uid, row in told.items():
        assert (row["label"], row["confidence"], row["answers"]) == (
            cast.project.label_values[alone[uid].label_index], alone[uid].confidence, 0,
        )  # fmt: skip
    demote_model(project=cast.project, worker_uid=model.uid, state=VoteState.SHADOW, reason="no more", actor=cast.owner)
    refit_project(project_id=cast.project.pk)
    again = [row["task"] for row in messages("task.reopened", "the model that decided it lost the right to")]
    assert sorted(again) == sorted(alone)


def test_webhooks_are_told_what_a_sample_takes_from_a_model() -> None:
    cast, _, _ = deciding()
    alone = [str(row.task.uid) for row in ModelDecision.objects.filter(is_audited=False).select_related("task")]
    everything = Task.objects.filter(project=cast.project).count()
    draw_prevalence_sample(project=cast.project, tasks=everything, actor=cast.owner)
    again = [row["task"] for row in messages("task.reopened", "people answer a sample of what models do")]
    assert sorted(again) == sorted(alone)


def messages(kind: str, reason: str) -> list[dict[str, Any]]:
    found = [json.loads(row.body)["data"] for row in WebhookMessage.objects.filter(kind=kind).order_by("id")]
    return [data for data in found if data["reason"] == reason]
