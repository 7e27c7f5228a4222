"""Who is calling, and what they may see."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from crowd.enums import Role
from crowd.errors import NotFound
from crowd.models import ApiKey, Project, User
from crowd.policies.api_keys import digest_of

MANAGING = (Role.OWNER, Role.MANAGER)


def valid_key(key: str) -> ApiKey | None:
    """The row of a key that is neither revoked nor expired, with its user."""
    return (
        ApiKey.objects.select_related("user", "user__worker")
        .filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            digest=digest_of(key),
            revoked_at__isnull=True,
            user__is_active=True,
        )
        .first()
    )


def project_for(*, uid: uuid.UUID, user: User, roles: Iterable[Role]) -> Project:
    """The project, if the user has one of the roles on it; otherwise NotFound, as for one that does not exist."""
    project = Project.objects.filter(uid=uid, memberships__user=user, memberships__role__in=list(roles)).first()
    if project is None:
        raise NotFound("there is no such project")
    return project
