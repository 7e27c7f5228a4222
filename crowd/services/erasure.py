"""Erases who a person is, and keeps what they did under a pseudonym."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from crowd.enums import AssignmentState, EventKind, Role
from crowd.errors import Conflict
from crowd.models import (
    ApiKey,
    Assignment,
    DeviceSighting,
    Enrolment,
    IdempotencyRecord,
    ImportedWorker,
    Membership,
    PayeeDetails,
    User,
    Worker,
)
from crowd.models.user import MACHINE_DOMAIN
from crowd.queries.earnings import earnings_of
from crowd.queries.pay import own_pay
from crowd.services.assignments import release_assignment
from crowd.services.events import record_event
from crowd.services.locks import lock_worker
from crowd.services.workers import worker_of_user


def erase_person(*, user: User, waives: bool) -> None:
    """Take away whatever identifies the person: name, address, payee, browsers, keys; end what is in their hands.

    Answers, decisions and the ledger stay, under a pseudonym; lines of batches keep where they were paid to, as the
    books must. With ``waives`` the person gives up what is still owed. Again, nothing happens.
    Raises Conflict: money is owed or on its way, or a project would have no owner.
    """
    with transaction.atomic():
        worker = worker_of_user(user)
        lock_worker(worker.pk)
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if user.erased_at is not None:
            return
        waived = _owed(worker)
        if any(row.in_transit_micros for row in own_pay(worker)):
            raise Conflict("a payment to you is on its way; erase your account once it has arrived")
        if waived and not waives:
            raise Conflict("money is owed to you; wait until it is paid, or give it up")
        _leave_projects(user)
        for held in Assignment.objects.filter(worker=worker, state=AssignmentState.ACTIVE):
            release_assignment(assignment_uid=held.uid, worker=worker)
        now, pseudonym = timezone.now(), f"erased-{uuid.uuid4()}"
        PayeeDetails.objects.filter(worker=worker).delete()
        DeviceSighting.objects.filter(worker=worker).delete()
        # All that is stored: the outcome of this very call is yet to come, and holds nothing about anybody.
        IdempotencyRecord.objects.filter(user=user, status__isnull=False).delete()
        ImportedWorker.objects.filter(worker=worker).update(name=pseudonym)
        ApiKey.objects.filter(user=user).update(name="", revoked_at=now)
        Worker.objects.filter(pk=worker.pk).update(name=pseudonym[:15])
        user.email, user.name, user.is_active, user.erased_at = f"{pseudonym}@{MACHINE_DOMAIN}", "", False, now
        user.language, user.languages, user.pages_language, user.time_zone = "en", [], "", "UTC"
        # Sessions hang on the password: with it, they end.
        user.set_unusable_password()
        user.save()
        record_event(
            kind=EventKind.PERSON_ERASED,
            project=None,
            worker=worker,
            subject=worker.uid,
            detail={"waived_micros": waived},
            at=now,
        )
        for enrolment in Enrolment.objects.filter(worker=worker).select_related("project"):
            record_event(
                kind=EventKind.PERSON_ERASED,
                project=enrolment.project,
                worker=worker,
                subject=worker.uid,
                detail={"waived_micros": {enrolment.project.currency: waived.get(enrolment.project.currency, 0)}},
                at=now,
            )


def _owed(worker: Worker) -> dict[str, int]:
    """Micro-units by currency: what is booked and not paid, and what waits for its processing."""
    owed: dict[str, int] = {}
    for pay in own_pay(worker):
        owed[pay.project.currency] = owed.get(pay.project.currency, 0) + pay.in_review_micros + pay.owed_micros
    for earning in earnings_of(worker):
        owed[earning.project.currency] = owed.get(earning.project.currency, 0) + earning.pending_micros
    return {currency: micros for currency, micros in owed.items() if micros > 0}


def _leave_projects(user: User) -> None:
    mine = Membership.objects.filter(user=user).exclude(role=Role.WORKER).select_related("project")
    for membership in mine:
        owners = Membership.objects.filter(project=membership.project, role=Role.OWNER)
        if membership.role == Role.OWNER and not owners.exclude(user=user).exists():
            raise Conflict("you are the last owner of a project; make somebody else owner first")
    for membership in mine:
        record_event(kind=EventKind.MEMBER_REMOVED, project=membership.project, actor=user, subject=user.uid)
    mine.delete()
