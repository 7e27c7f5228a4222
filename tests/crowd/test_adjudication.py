"""Adjudication: an expert settles a dispute, blind, not over the own work; the decision stays."""

from __future__ import annotations

import uuid

import pytest
from cast import Cast, make_cast

from crowd.enums import TaskState, TrustLevel
from crowd.errors import Conflict, InvalidAnswer, NotFound
from crowd.models import Adjudication, Skill
from crowd.queries.disputes import disputes_of
from crowd.queries.records import records_of
from crowd.services.adjudication import adjudicate_task
from crowd.services.refit import refit_project
from crowd.services.reopening import reopen_places
from crowd.services.trust_terms import set_trust

pytestmark = pytest.mark.django_db

GIVEN = ("positive", "negative", "neutral")


def disputed(tasks: int = 1) -> Cast:
    cast = make_cast(tasks=tasks)
    for _ in range(tasks):
        for worker, value in zip(cast.workers, GIVEN, strict=False):
            cast.answer(worker, value)
    return cast


def decide(cast: Cast, value: str = "neutral", key: str = "t1") -> Adjudication:
    return adjudicate_task(
        project=cast.project, task_uid=cast.task(key).uid, adjudicator=cast.manager, value=value, reason="no feeling"
    )


def test_a_decision_settles_the_task_and_stays_after_a_fit() -> None:
    cast = disputed()
    decision = decide(cast)
    for _ in range(2):
        task = cast.task()
        assert (task.state, task.open_slots, task.is_open) == (TaskState.COMPLETE, 0, False)
        assert (task.consensus.label_index, task.consensus.confidence) == (1, pytest.approx(1))
        refit_project(project_id=cast.project.pk)
    event = cast.project.events.get(kind="task_adjudicated")
    assert (event.actor, event.detail) == (cast.manager, {"label": "neutral", "reason": "no feeling"})
    assert decision.label_index == 1


def test_it_is_evidence_apart_from_gold() -> None:
    cast = disputed()
    decide(cast)
    found = {skill.worker: skill for skill in Skill.objects.all()}
    rights = [(found[w].adjudicated_right, found[w].adjudicated_wrong) for w in cast.workers[:3]]
    assert rights == [(0, 1), (0, 1), (1, 0)]
    assert {(skill.gold_right, skill.gold_wrong) for skill in found.values()} == {(0, 0)}
    records = records_of(project=cast.project, worker_id=cast.worker.pk, since=None)
    assert [record.is_overruled for record in records] == [True]


def test_the_same_decision_again_is_replayed_another_is_refused() -> None:
    cast = disputed()
    assert decide(cast).pk == decide(cast).pk
    assert Skill.objects.get(worker=cast.worker).adjudicated_wrong == 1
    with pytest.raises(Conflict, match="first decision stands"):
        decide(cast, "positive")


def test_what_cannot_be_decided() -> None:
    cast = disputed()
    with pytest.raises(InvalidAnswer):
        decide(cast, "purple")
    with pytest.raises(Conflict, match="yourself"):
        adjudicate_task(
            project=cast.project,
            task_uid=cast.task().uid,
            adjudicator=cast.worker.user,
            value="neutral",
            reason="mine",
        )
    with pytest.raises(NotFound):
        adjudicate_task(project=cast.project, task_uid=uuid.uuid4(), adjudicator=cast.owner, value="neutral", reason="")
    gold = cast.gold(1)[0]
    with pytest.raises(NotFound):
        adjudicate_task(
            project=cast.project, task_uid=gold.task.uid, adjudicator=cast.owner, value="neutral", reason=""
        )
    other = make_cast(tasks=1)
    with pytest.raises(Conflict, match="only one that is disputed"):
        decide(other)


def test_the_least_sure_dispute_comes_first_and_ones_own_never() -> None:
    cast = disputed(tasks=2)
    sure, unsure = cast.task("t1"), cast.task("t2")
    type(sure.consensus).objects.filter(pk=sure.consensus.pk).update(confidence=0.7)
    type(sure.consensus).objects.filter(pk=unsure.consensus.pk).update(confidence=0.4)
    assert list(disputes_of(cast.project, cast.manager)) == [unsure, sure]
    assert list(disputes_of(cast.project, cast.worker.user)) == []


def test_a_suspension_reopens_nothing_that_an_expert_decided() -> None:
    cast = disputed()
    decide(cast)
    set_trust(
        project=cast.project,
        worker_uid=cast.worker.uid,
        level=TrustLevel.SUSPENDED,
        reason="answers at random",
        actor=cast.owner,
    )
    assert reopen_places(enrolment_id=cast.enrolment().pk) == 0
