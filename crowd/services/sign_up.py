"""Opens accounts: an address is proved by a link that was sent to it, which is good for two weeks."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from crowd.enums import EventKind
from crowd.errors import Conflict, Expired, FieldProblem, InvalidInput
from crowd.models import Project, User
from crowd.policies.profiles import check_profile
from crowd.services.events import record_event
from crowd.services.rates import take_block
from crowd.services.workers import enrol, worker_of_user

SALT = "assay.invitation"
GOOD_SECONDS = 14 * 24 * 3600
# Links that one address on the network, and one address of mail, may have sent in a minute.
PER_CALLER = 5
PER_ADDRESS = 1


@dataclass(frozen=True)
class Invitation:
    """Whose link it is, with the project that it leads to."""

    email: str
    project_uid: uuid.UUID | None


def make_invitation(*, email: str, project: Project | None = None, actor: User | None = None) -> str:
    """The token of a link that opens an account at this address, and enrols it on the project.

    Nothing is kept of it: an address opens one account, so a link that was used is used up.
    """
    if project is not None:
        record_event(kind=EventKind.WORKER_INVITED, project=project, actor=actor, subject=project.uid)
    body = {"email": email.strip().lower(), "project": None if project is None else str(project.uid)}
    return signing.dumps(body, salt=SALT, compress=True)


def read_invitation(token: str) -> Invitation:
    """What a token stands for. Raises Expired for one that is too old, or none of ours."""
    try:
        body = signing.loads(token, salt=SALT, max_age=GOOD_SECONDS)
    except signing.BadSignature as error:
        raise Expired("this link is too old or incomplete; ask for another") from error
    return Invitation(body["email"], None if body["project"] is None else uuid.UUID(body["project"]))


def may_send_link(*, caller: str, email: str) -> bool:
    """Whether one more link may be sent, to this address and for this caller; False when they ask too often."""
    minute = int(time.time()) // 60
    return all(
        take_block(caller=name[:80], window=minute, block=1, limit=limit, window_seconds=60)
        for name, limit in ((f"sign-up:{caller}", PER_CALLER), (f"sign-up:{email.strip().lower()}", PER_ADDRESS))
    )


def open_account(*, token: str, name: str, password: str, language: str) -> User:
    """Make the account that a link stands for, with its worker, enrolled where the link says.

    Raises Expired, Conflict (the address has an account), InvalidInput (the name, or the password and why).
    """
    invitation = read_invitation(token)
    problems = check_profile(name=name, languages=[language], time_zone="UTC")
    try:
        validate_password(password, User(email=invitation.email, name=name))
    except ValidationError as error:
        problems += [FieldProblem("/password", message) for message in error.messages]
    if problems:
        raise InvalidInput("the account cannot be opened; nothing was changed", problems=tuple(problems))
    project = Project.objects.filter(uid=invitation.project_uid).first() if invitation.project_uid else None
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name.strip(), language=language)
            worker = worker_of_user(user)
            if project is not None:
                enrol(project=project, worker=worker)
                record_event(
                    kind=EventKind.WORKER_JOINED, project=project, actor=user, worker=worker, subject=worker.uid
                )
    except IntegrityError as error:
        raise Conflict("this address has an account already; log in") from error
    return user
