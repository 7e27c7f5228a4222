"""Lets people enrol themselves on projects that are open to everybody."""

from __future__ import annotations

import uuid

from django.db import transaction

from crowd.enums import EventKind, ProjectState, WorkerKind
from crowd.errors import Conflict, NotFound
from crowd.models import Enrolment, Requirements, Worker
from crowd.services.consents import require_consent
from crowd.services.events import record_event
from crowd.services.locks import lock_worker
from crowd.services.workers import enrol


def join_project(*, worker: Worker, project_uid: uuid.UUID) -> Enrolment:
    """Enrol on a live project that is open; who is enrolled already stays so. Raises NotFound, ConsentNeeded, Conflict.

    What the project asks besides, a course or a language, is checked when a task is claimed.
    """
    with transaction.atomic():
        lock_worker(worker.pk)
        mine = Enrolment.objects.select_related("project").filter(project__uid=project_uid, worker=worker).first()
        if mine is not None:
            return mine
        asked = Requirements.objects.select_related("project").filter(project__uid=project_uid, is_open=True).first()
        if asked is None or asked.project.state != ProjectState.LIVE:
            raise NotFound("there is no such project")
        if worker.kind != WorkerKind.HUMAN:
            raise Conflict("only people enrol themselves; a model is added by the project's manager")
        require_consent(worker=worker)
        enrolment = enrol(project=asked.project, worker=worker)
        record_event(
            kind=EventKind.WORKER_JOINED,
            project=asked.project,
            actor=worker.user,
            worker=worker,
            subject=worker.uid,
        )
        return enrolment
