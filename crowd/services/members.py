"""Gives and takes roles on a project."""

from __future__ import annotations

import uuid

from django.db import transaction

from crowd.enums import EventKind, Role
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.models import Membership, Project, User
from crowd.services.events import record_event
from crowd.services.sessions import end_sessions


def set_member(*, project: Project, email: str, role: Role, actor: User) -> Membership:
    """Give the account of an address this role, in place of those that it has. Raises InvalidInput, Conflict."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        problem = FieldProblem("/email", "nobody with this address has an account; have it made first")
        raise InvalidInput("the member cannot be added; nothing was changed", problems=(problem,))
    return _set(project, user, role, actor)


def change_member(*, project: Project, user_uid: uuid.UUID, role: Role, actor: User) -> Membership:
    """Give a member another role. Raises NotFound, InvalidInput, Conflict for the last owner."""
    return _set(project, _member(project, user_uid), role, actor)


def remove_member(*, project: Project, user_uid: uuid.UUID, actor: User) -> None:
    """Take a member's roles; who works on the project goes on working. Raises NotFound, Conflict for the last owner."""
    user = _member(project, user_uid)
    with transaction.atomic():
        _lock(project)
        _keep_an_owner(project, user)
        Membership.objects.filter(project=project, user=user).exclude(role=Role.WORKER).delete()
        end_sessions(user_id=user.pk)
        record_event(kind=EventKind.MEMBER_REMOVED, project=project, actor=actor, subject=user.uid)


def _set(project: Project, user: User, role: Role, actor: User) -> Membership:
    if role == Role.WORKER:
        problem = FieldProblem("/role", "workers are enrolled, not made members")
        raise InvalidInput("the role cannot be given; nothing was changed", problems=(problem,))
    with transaction.atomic():
        _lock(project)
        if role != Role.OWNER:
            _keep_an_owner(project, user)
        others = Membership.objects.filter(project=project, user=user).exclude(role__in=[Role.WORKER, role])
        has_lost, _ = others.delete()
        membership, is_new = Membership.objects.get_or_create(project=project, user=user, role=role)
        if has_lost or is_new:
            end_sessions(user_id=user.pk)
        record_event(kind=EventKind.MEMBER_SET, project=project, actor=actor, subject=user.uid, detail={"role": role})
        return membership


def _member(project: Project, user_uid: uuid.UUID) -> User:
    members = Membership.objects.filter(project=project, user__uid=user_uid).exclude(role=Role.WORKER)
    membership = members.select_related("user").first()
    if membership is None:
        raise NotFound("there is no such member of this project")
    return membership.user


def _lock(project: Project) -> None:
    # Two owners who remove each other at once would leave none.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _keep_an_owner(project: Project, leaving: User) -> None:
    owners = Membership.objects.filter(project=project, role=Role.OWNER)
    if owners.filter(user=leaving).exists() and not owners.exclude(user=leaving).exists():
        raise Conflict("this is the project's last owner; make somebody else owner first")
