"""Takes a gold out of use."""

from __future__ import annotations

import uuid

from django.db import transaction

from crowd.enums import EventKind
from crowd.errors import NotFound
from crowd.models import Gold, Project, User
from crowd.services.events import record_event


def retire_gold(*, project: Project, task_uid: uuid.UUID, reason: str, actor: User) -> Gold:
    """Show the gold to nobody any more; what it has shown stays. Done twice it is done once. Raises NotFound."""
    with transaction.atomic():
        gold = Gold.objects.select_related("task").filter(project=project, task__uid=task_uid).first()
        if gold is None:
            raise NotFound("there is no such gold in this project")
        if Gold.objects.filter(pk=gold.pk, is_active=True).update(is_active=False):
            gold.is_active = False
            record_event(
                kind=EventKind.GOLD_RETIRED, project=project, actor=actor, subject=task_uid, detail={"reason": reason}
            )
        return gold
