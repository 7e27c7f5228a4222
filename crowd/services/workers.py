"""Adds workers to a project: people and models alike."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from crowd.enums import EventKind, KeyScope, Role, VoteState, WorkerKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import Enrolment, Membership, Project, User, Worker
from crowd.models.user import MACHINE_DOMAIN
from crowd.policies.votes import first_vote_state
from crowd.services.api_keys import issue_key
from crowd.services.events import record_event


@dataclass(frozen=True, kw_only=True)
class NewWorker:
    """A worker to add; ``model`` says what shapes a model's votes (provider, snapshot, prompt version, …).

    ``vote_state``: people may be kept out of the consensus; a model is in the shadow until the gate lets it out.
    """

    name: str = ""
    # The worker to enrol, when it exists already; then the rest but for the vote is left out.
    uid: uuid.UUID | None = None
    kind: WorkerKind = WorkerKind.HUMAN
    model: dict[str, Any] = field(default_factory=dict)
    vote_state: VoteState | None = None


@dataclass(frozen=True)
class AddedWorker:
    """A new worker with the API key, which is shown this once; one that was there already comes without."""

    worker: Worker
    key: str | None


def add_workers(*, project: Project, workers: Sequence[NewWorker], actor: User) -> list[AddedWorker]:
    """Enrol workers, new ones with an API key each, all or none. Raises InvalidInput, Conflict."""
    problems = [
        FieldProblem(f"/workers/{i}/model", "a person has no model; leave it out")
        for i, new in enumerate(workers)
        if new.kind == WorkerKind.HUMAN and new.model
    ]
    known = {worker.uid: worker for worker in Worker.objects.filter(uid__in=[new.uid for new in workers if new.uid])}
    for i, new in enumerate(workers):
        kind = known[new.uid].kind if new.uid in known else new.kind
        if kind != WorkerKind.HUMAN and new.vote_state not in (None, VoteState.SHADOW):
            problems.append(
                FieldProblem(
                    f"/workers/{i}/vote",
                    "a model's votes begin in the shadow; promote it once a review proposes that they count",
                )
            )
        if new.uid is None and not new.name.strip():
            problems.append(FieldProblem(f"/workers/{i}/name", "a new worker needs a name"))
        elif new.uid is not None and new.uid not in known:
            problems.append(FieldProblem(f"/workers/{i}/id", "there is no such worker"))
    if not workers:
        problems.append(FieldProblem("/workers", "the list is empty; nothing to add"))
    if problems:
        raise InvalidInput("the workers cannot be added; nothing was changed", problems=tuple(problems))
    try:
        with transaction.atomic():
            added = [_add(project, new, None if new.uid is None else known[new.uid]) for new in workers]
            record_event(kind=EventKind.WORKERS_ADDED, project=project, actor=actor, detail={"workers": len(workers)})
    except IntegrityError as error:
        raise Conflict("a worker with the same model description exists already; enrol that one") from error
    return added


def enrol(*, project: Project, worker: Worker, vote_state: VoteState | None = None) -> Enrolment:
    """Let a worker work on a project; an enrolment that exists is returned as it is."""
    with transaction.atomic():
        enrolment, _ = Enrolment.objects.get_or_create(
            project=project,
            worker=worker,
            defaults={"vote_state": vote_state or first_vote_state(worker.kind)},
        )
        Membership.objects.get_or_create(project=project, user=worker.user, role=Role.WORKER)
        return enrolment


def worker_of_user(user: User) -> Worker:
    """The worker behind an account, made on first use."""
    worker, _ = Worker.objects.get_or_create(
        user=user, defaults={"kind": WorkerKind.HUMAN, "name": user.name or user.email.split("@")[0]}
    )
    return worker


def _add(project: Project, new: NewWorker, known: Worker | None) -> AddedWorker:
    if known is not None:
        enrol(project=project, worker=known, vote_state=new.vote_state)
        return AddedWorker(known, None)
    user = User.objects.create_user(f"worker-{uuid.uuid4()}@{MACHINE_DOMAIN}", name=new.name)
    worker = Worker.objects.create(
        user=user, kind=new.kind, name=new.name, model=new.model, rater_key=_rater_key(project, new)
    )
    enrol(project=project, worker=worker, vote_state=new.vote_state)
    return AddedWorker(worker, issue_key(user=user, name=new.name, scopes=[KeyScope.WORKER]))


def _rater_key(project: Project, new: NewWorker) -> str | None:
    # A model that changes in any respect is a new worker with a record of its own; so is one on another project.
    if new.kind == WorkerKind.HUMAN:
        return None
    identity = json.dumps([str(project.uid), new.kind, new.name, new.model], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(identity.encode()).hexdigest()
