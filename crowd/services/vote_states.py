"""Moves models between shadow, counted and deciding, each move with the test it rests on and who decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind, ModelTestKind, TrustLevel, VoteState, WorkerKind
from crowd.errors import Conflict, NotFound
from crowd.jobs import enqueue_refit
from crowd.models import Answer, Enrolment, ModelStanding, ModelTest, Project, User, VoteChange, Worker
from crowd.policies.gate import VERSION
from crowd.queries.model_record import drift_of
from crowd.services.events import record_event


def promote_model(*, project: Project, worker_uid: Any, reason: str, actor: User) -> VoteChange:
    """Let a model into the state that its newest review proposes; a manager's confirmation.

    Raises NotFound; Conflict when nothing is proposed: no manager can count a model that has not earned it.
    """
    with transaction.atomic():
        enrolment = _locked(project, worker_uid)
        standing = ModelStanding.objects.filter(project=project, worker=enrolment.worker).first()
        if standing is None or not standing.proposed or standing.proposed == enrolment.vote_state:
            raise Conflict("no test proposes a promotion of this model; see what its newest review says")
        return change_votes(
            enrolment=enrolment,
            to_state=VoteState(standing.proposed),
            reason=reason,
            test=_test_for(standing),
            actor=actor,
            at=timezone.now(),
        )


def demote_model(
    *, project: Project, worker_uid: Any, state: VoteState, reason: str, actor: User, voids_decisions: bool = True
) -> VoteChange:
    """Take a model down to ``state`` by hand. Raises NotFound; Conflict when that is not down."""
    with transaction.atomic():
        enrolment = _locked(project, worker_uid)
        if RANK[state] >= RANK[VoteState(enrolment.vote_state)]:
            raise Conflict(f"the model's votes are {enrolment.vote_state} already; a demotion goes down")
        return change_votes(
            enrolment=enrolment,
            to_state=state,
            reason=reason,
            actor=actor,
            voids_decisions=voids_decisions,
            at=timezone.now(),
        )


def demote_for_snapshot(*, project: Project, worker: Worker, reason: str) -> VoteChange | None:
    """Take a model down to the shadow since what answers is no longer what was tested; None if it was there."""
    with transaction.atomic():
        enrolment = _locked(project, worker.uid)
        if enrolment.vote_state == VoteState.SHADOW:
            return None
        return _demote_by_test(enrolment, ModelTestKind.SNAPSHOT, "snapshot", reason, {}, timezone.now())


def watch_model(*, answer: Answer, at: datetime) -> VoteChange | None:
    """After a model's gold: demote it at once when golds and audits say that it is not what it was, or when trust in
    it is suspended. In the caller's transaction, which holds the gold's task.
    """
    if not answer.is_model:
        return None
    enrolment = Enrolment.objects.select_for_update(of=("self",)).select_related("project", "worker")
    return watch(enrolment=enrolment.get(project=answer.project, worker=answer.worker), at=at)


def watch(*, enrolment: Enrolment, at: datetime) -> VoteChange | None:
    """The same for an enrolment that the caller has locked: audits speak, too."""
    if enrolment.vote_state == VoteState.SHADOW:
        return None
    if enrolment.trust_level == TrustLevel.SUSPENDED:
        reason = "trust in it is suspended after its gold answers"
        return _demote_by_test(enrolment, ModelTestKind.DRIFT, "gold-sequential-test", reason, {}, at)
    drift = drift_of(enrolment.project, enrolment.worker)
    if not drift.is_found:
        return None
    return _demote_by_test(enrolment, ModelTestKind.DRIFT, "sequential_test", drift.reason, drift.figures, at)


def change_votes(
    *,
    enrolment: Enrolment,
    to_state: VoteState,
    reason: str,
    at: datetime,
    test: ModelTest | None = None,
    actor: User | None = None,
    evidence: dict[str, Any] | None = None,
    voids_decisions: bool = False,
) -> VoteChange:
    """Move a model's votes, in the caller's transaction with the enrolment locked; the consensus is made anew."""
    project, worker = enrolment.project, enrolment.worker
    standing = ModelStanding.objects.filter(project=project, worker=worker).first()
    known: dict[str, Any] = {}
    if standing is not None:
        known = {"reference_accuracy": standing.reference_accuracy, "threshold": standing.threshold}
    change = VoteChange.objects.create(
        project=project,
        worker=worker,
        from_state=enrolment.vote_state,
        to_state=to_state,
        test=test,
        reason=reason,
        evidence=known | (evidence or {}),
        actor=actor,
        voids_decisions=voids_decisions and enrolment.vote_state == VoteState.DECIDES,
        created_at=at,
    )
    Enrolment.objects.filter(pk=enrolment.pk).update(vote_state=to_state)
    enrolment.vote_state = to_state
    ModelStanding.objects.filter(project=project, worker=worker).update(proposed="")
    Project.objects.filter(pk=project.pk).update(is_dirty=True, refit_not_before=None)
    record_event(
        kind=EventKind.VOTES_CHANGED,
        project=project,
        worker=worker,
        actor=actor,
        subject=change.uid,
        detail={"from": change.from_state, "to": change.to_state, "reason": reason},
        at=at,
    )
    enqueue_refit(project.pk)
    return change


RANK = {VoteState.SHADOW: 0, VoteState.COUNTED: 1, VoteState.DECIDES: 2}


def _demote_by_test(
    enrolment: Enrolment, kind: ModelTestKind, name: str, reason: str, figures: dict[str, Any], at: datetime
) -> VoteChange:
    test = ModelTest.objects.create(
        project=enrolment.project,
        worker=enrolment.worker,
        kind=kind,
        test=name,
        version=VERSION,
        passes=False,
        reason=reason,
        figures=figures,
        tasks=int(figures.get("observations", 0)),
        created_at=at,
    )
    return change_votes(
        enrolment=enrolment,
        to_state=VoteState.SHADOW,
        reason=reason,
        test=test,
        evidence=figures,
        voids_decisions=True,
        at=at,
    )


def _test_for(standing: ModelStanding) -> ModelTest | None:
    if standing.proposed != VoteState.DECIDES:
        return standing.test
    tests = ModelTest.objects.filter(project=standing.project, worker=standing.worker, kind=ModelTestKind.ROUTING)
    return tests.order_by("-id").first()


def _locked(project: Project, worker_uid: Any) -> Enrolment:
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("project", "worker")
        .filter(project=project, worker__uid=worker_uid)
        .exclude(worker__kind=WorkerKind.HUMAN)
        .first()
    )
    if enrolment is None:
        raise NotFound("there is no such model on this project")
    return enrolment
