"""Writes the audit trail."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from crowd.enums import EventKind
from crowd.models import Event, Project, User, Worker


def record_event(
    *,
    kind: EventKind,
    project: Project | None,
    actor: User | None = None,
    worker: Worker | None = None,
    subject: uuid.UUID | None = None,
    detail: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Event:
    """Append one event, in the caller's transaction; without a project it is one of the server."""
    return Event.objects.create(
        kind=kind,
        project=project,
        actor=actor,
        worker=worker,
        subject=subject,
        detail=detail or {},
        created_at=at or timezone.now(),
    )
