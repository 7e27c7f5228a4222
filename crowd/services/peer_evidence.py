"""Keeps how far each worker agrees with the others on finished tasks, and warns where that is under the bar."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import F, Q

from crowd.enums import TaskState, TrustLevel
from crowd.models import Enrolment, Project, Skill, Task, WorkTerms
from crowd.policies.trust import PEER_RULE, PEER_RULE_VERSION, PEER_TASKS, decide_peer_warning
from crowd.queries.answers import ProjectAnswers
from crowd.services.trust import change_trust
from quality.results import AggregationResult
from quality.skill.peers import peer_evidence

BATCH = 2000


def store_peer_evidence(*, project: Project, read: ProjectAnswers, result: AggregationResult) -> None:
    """Write each worker's agreement with the others, in the caller's transaction, after the skills.

    Without confusion matrices it is not known what the others' answers are worth, so nothing is written. Finished tasks
    whose label was not known beforehand count.
    """
    if result.confusion is None:
        return
    finished = set(Task.objects.filter(project=project, state=TaskState.COMPLETE).values_list("id", flat=True))
    counted = np.array([task in finished and task not in read.gold for task in read.answers.tasks], dtype=np.bool_)
    evidence = peer_evidence(read.answers, result.prevalence, result.confusion, counted=counted)
    rows = {skill.worker_id: skill for skill in Skill.objects.filter(project=project)}
    changed = []
    for i, worker_id in enumerate(read.answers.workers):
        skill = rows.get(worker_id) if isinstance(worker_id, int) else None
        if skill is not None:
            skill.peer_agreed, skill.peer_differed = float(evidence.agreed[i]), float(evidence.differed[i])
            changed.append(skill)
    Skill.objects.bulk_update(changed, ["peer_agreed", "peer_differed"], batch_size=BATCH)


def warn_by_peers(*, project: Project, at: datetime) -> int:
    """Warn the workers whose agreement with the others is under the bar beyond doubt; returns how many."""
    suspects = (
        Skill.objects.filter(project=project, peer_agreed__isnull=False)
        .annotate(tasks=F("peer_agreed") + F("peer_differed"))
        .filter(Q(tasks__gte=PEER_TASKS), peer_agreed__lt=F("tasks") * 0.8)
        .order_by("worker_id")
    )
    return sum(_warn(skill, len(project.labels), at) for skill in suspects)


def _warn(skill: Skill, n_labels: int, at: datetime) -> bool:
    with transaction.atomic():
        enrolment = (
            Enrolment.objects.select_for_update(of=("self",))
            .select_related("project", "worker")
            .filter(project_id=skill.project_id, worker_id=skill.worker_id)
            .first()
        )
        if enrolment is None:
            return False
        decision = decide_peer_warning(
            level=TrustLevel(enrolment.trust_level),
            is_warned=WorkTerms.objects.filter(enrolment=enrolment, is_warned=True).exists(),
            agreed=skill.peer_agreed or 0.0,
            differed=skill.peer_differed or 0.0,
            n_labels=n_labels,
        )
        if decision is None:
            return False
        change_trust(enrolment=enrolment, decision=decision, at=at, rule=PEER_RULE, rule_version=PEER_RULE_VERSION)
        return True
