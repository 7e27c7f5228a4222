"""Draws the random sample of tasks that people answer, so that prevalence can be estimated with models' votes."""

from __future__ import annotations

import random

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crowd.enums import EventKind, TaskState
from crowd.errors import Conflict, InvalidInput
from crowd.models import ModelDecision, PrevalenceDraw, Project, Task, User
from crowd.policies.routing import BANDS
from crowd.services.announcements import announce_reopened
from crowd.services.events import record_event

BATCH = 500


def draw_prevalence_sample(*, project: Project, tasks: int, actor: User) -> float:
    """Draw ``tasks`` of the project's tasks by lot, store each one's chance, serve them first; returns the chance.

    A drawn task that a model decided alone goes to people, too. Raises InvalidInput when there are too few tasks,
    Conflict when a sample was drawn before: a second one would have other chances.
    """
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if PrevalenceDraw.objects.filter(project=project).exists():
            raise Conflict("a sample was drawn before; its chances are stored, and a second draw would change them")
        real = Task.objects.filter(project=project).exclude(state__in=(TaskState.GOLD, TaskState.CANCELLED))
        ids = list(real.order_by("id").values_list("id", flat=True))
        if not 1 <= tasks <= len(ids):
            raise InvalidInput(f"the project has {len(ids)} tasks; {tasks} of them cannot be drawn")
        drawn = sorted(random.SystemRandom().sample(ids, tasks))
        chance, now = tasks / len(ids), timezone.now()
        PrevalenceDraw.objects.bulk_create(
            [
                PrevalenceDraw(project=project, task_id=task_id, inclusion_probability=chance, created_at=now)
                for task_id in drawn
            ],
            batch_size=BATCH,
        )
        for start in range(0, len(drawn), BATCH):
            part = drawn[start : start + BATCH]
            Task.objects.filter(pk__in=part, state=TaskState.OPEN).update(priority=F("priority") + BANDS)
            alone = ModelDecision.objects.filter(task__in=part, is_audited=False, withdrawn_at__isnull=True)
            again = list(
                Task.objects.select_for_update(no_key=True)
                .filter(pk__in=alone.values("task"), state=TaskState.COMPLETE)
                .order_by("pk")
            )
            Task.objects.filter(pk__in=[task.pk for task in again]).update(
                state=TaskState.OPEN,
                overlap=F("overlap") + project.min_overlap,
                open_slots=F("open_slots") + project.min_overlap,
                is_open=True,
                priority=F("priority") + BANDS,
            )
            announce_reopened(tasks=again, project=project, reason="people answer a sample of what models do", at=now)
        record_event(
            kind=EventKind.PREVALENCE_DRAWN,
            project=project,
            actor=actor,
            detail={"tasks": tasks, "of": len(ids), "inclusion_probability": chance},
            at=now,
        )
        return chance
