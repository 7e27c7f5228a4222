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
    """A worker to add; ``model`` says what shapes a model's votes (provider, snapshot, prompt version, …)."""

    name: str
    kind: WorkerKind = WorkerKind.HUMAN
    model: dict[str, Any] = field(default_factory=dict)
    vote_state: VoteState | None = None


@dataclass(frozen=True)
class AddedWorker:
    """A new worker with the API key, which is shown this once."""

    worker: Worker
    key: str


def add_workers(*, project: Project, workers: Sequence[NewWorker], actor: User) -> list[AddedWorker]:
    """Create workers with an API key each and enrol them. Raises InvalidInput or Conflict, with nothing added."""
    problems = [
        FieldProblem(f"/workers/{i}/model", "a person has no model; leave it out")
        for i, new in enumerate(workers)
        if new.kind == WorkerKind.HUMAN and new.model
    ]
    if not workers:
        problems.append(FieldProblem("/workers", "the list is empty; nothing to add"))
    if problems:
        raise InvalidInput("the workers cannot be added; nothing was changed", problems=tuple(problems))
    try:
        with transaction.atomic():
            added = [_add(project, new) for new in workers]
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


def _add(project: Project, new: NewWorker) -> AddedWorker:
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
