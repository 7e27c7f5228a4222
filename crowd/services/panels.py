"""Makes the panels of dashboards, so that a page reads rows of its own size whatever the project's."""

from __future__ import annotations

import logging
import time

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from crowd.enums import ProjectState
from crowd.models import Answer, Event, Panel, PanelClock, Project
from crowd.policies.panels import lease, rest_after
from crowd.queries.panels import PANELS

logger = logging.getLogger(__name__)
BATCH = 200


def refresh_panels(*, project_id: int) -> bool:
    """Make every panel of the project anew; False when another process is at it or made them just now.

    Each panel is stored when it is made, in a transaction of its own. A process that dies in between leaves the old
    ones with their age; its lease runs out.
    """
    if not _take(project_id):
        return False
    project = Project.objects.get(pk=project_id)
    # Before the reads: what comes meanwhile makes the panels due again.
    answers, events = _newest(project_id)
    begin = time.monotonic()
    for name, make in PANELS.items():
        began = time.monotonic()
        made_at = timezone.now()
        try:
            body = make(project)
        except Exception:
            # One panel that cannot be made leaves its old figures, with their age, and must not take the others along.
            logger.exception("the panel %s of project %s could not be made", name, project_id)
            continue
        seconds = time.monotonic() - began
        Panel.objects.update_or_create(
            project=project, name=name, defaults={"body": body, "made_at": made_at, "seconds": seconds}
        )
    rest = rest_after(time.monotonic() - begin)
    PanelClock.objects.filter(project=project).update(
        due_at=timezone.now() + rest, answers_seen=answers, events_seen=events
    )
    return True


def stale_panels() -> list[int]:
    """Ids of the projects whose clock has run out, with something new since their panels were made."""
    now = timezone.now()
    fresh = Project.objects.filter(panel_clock__isnull=True).exclude(state=ProjectState.DRAFT)
    found = list(fresh.order_by("id").values_list("id", flat=True)[:BATCH])
    clocks = PanelClock.objects.filter(due_at__lte=now).order_by("due_at")
    for clock in clocks[:BATCH]:
        if _newest(clock.project_id) != (clock.answers_seen, clock.events_seen):
            found.append(clock.project_id)
        else:
            # Nothing new: looked at again after a rest, so that still projects do not crowd out others.
            PanelClock.objects.filter(pk=clock.pk, due_at=clock.due_at).update(due_at=now + rest_after(0.0))
    return found


def _take(project_id: int) -> bool:
    now = timezone.now()
    with transaction.atomic():
        _, is_new = PanelClock.objects.get_or_create(project_id=project_id, defaults={"due_at": now + lease()})
    if is_new:
        return True
    return bool(PanelClock.objects.filter(project_id=project_id, due_at__lte=now).update(due_at=now + lease()))


def _newest(project_id: int) -> tuple[int, int]:
    answers = Answer.objects.filter(project_id=project_id).aggregate(newest=Max("id"))["newest"]
    events = Event.objects.filter(project_id=project_id).aggregate(newest=Max("id"))["newest"]
    return answers or 0, events or 0
