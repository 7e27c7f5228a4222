"""Makes our errors good: a corrected gold or an overturned decision is replayed into everything that followed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind, RestitutionKind, RestitutionState, TaskState, TrustLevel
from crowd.errors import Conflict, FieldProblem, InvalidInput, NotFound
from crowd.jobs import enqueue_restitution
from crowd.models import Answer, Gold, Project, Restitution, Task, TrustChange, User
from crowd.policies.answer_types import read_right_answers
from crowd.policies.trust_replay import FREEDOM, RESTITUTION_RULE
from crowd.queries.forms import form_of
from crowd.queries.restitutions import lines_by_kind
from crowd.services.events import record_event
from crowd.services.restitution_steps import restore_after_gold, restore_after_overturn

CHUNK = 500
BATCH = 50


def correct_gold(
    *, project: Project, task_uid: uuid.UUID, labels: Sequence[Any], reason: str, actor: User
) -> Restitution:
    """Set a gold's right labels anew and have everything that followed from the old ones put right, by a job.

    Answers that are processed from now on are scored by the new labels. Raises NotFound, InvalidInput, Conflict: they
    are the right labels already, or an earlier correction of this gold is still being worked off.
    """
    problems = [] if reason.strip() else [FieldProblem("/reason", "say why the gold is corrected; workers are told")]
    with transaction.atomic():
        now = timezone.now()
        # The task's lock is what scoring holds: an answer is scored wholly before or wholly after this.
        task = Task.objects.select_for_update(no_key=True).filter(project=project, uid=task_uid).first()
        gold = None if task is None or task.state != TaskState.GOLD else Gold.objects.get(task=task)
        if task is None or gold is None:
            raise NotFound("there is no such gold in this project")
        right, found = read_right_answers(form_of(project, task.payload), labels, "/labels")
        problems += found
        if problems:
            raise InvalidInput("the gold cannot be corrected like this; nothing was changed", problems=tuple(problems))
        if all(one in gold.labels for one in right) and len(right) == len(gold.labels):
            raise Conflict("these are the gold's right labels already; nothing was changed")
        if Restitution.objects.filter(gold=gold, state=RestitutionState.RUNNING).exists():
            raise Conflict("an earlier correction of this gold is still being worked off; try again in a moment")
        restitution = Restitution.objects.create(
            project=project,
            kind=RestitutionKind.GOLD,
            gold=gold,
            before=gold.labels,
            after=right,
            reason=reason.strip(),
            actor=actor,
            created_at=now,
        )
        detail = {"before": gold.labels, "after": right, "reason": reason.strip()}
        Gold.objects.filter(pk=gold.pk).update(labels=right)
        # A gold's label is known to the fit.
        Project.objects.filter(pk=project.pk, is_dirty=False).update(is_dirty=True)
        record_event(
            kind=EventKind.GOLD_CORRECTED, project=project, actor=actor, subject=task.uid, detail=detail, at=now
        )
        enqueue_restitution(restitution.pk)
        return restitution


def overturn_change(*, project: Project, change_uid: uuid.UUID, reason: str, actor: User | None) -> Restitution:
    """Declare a warning, restriction or suspension wrong and have what followed from it put right, by a job.

    The same call again returns the first outcome. Raises NotFound, InvalidInput without a reason, Conflict where there
    is nothing to make good.
    """
    if not reason.strip():
        raise InvalidInput(
            "the decision cannot be overturned like this; nothing was changed",
            problems=(FieldProblem("/reason", "say why it was wrong; the worker is told"),),
        )
    with transaction.atomic():
        now = timezone.now()
        change = TrustChange.objects.filter(project=project, uid=change_uid).first()
        if change is None:
            raise NotFound("there is no such decision on this project")
        earlier = Restitution.objects.filter(change=change).first()
        if earlier is not None:
            return earlier
        before, to = TrustLevel(change.from_level), TrustLevel(change.to_level)
        if change.rule == RESTITUTION_RULE or FREEDOM[to] > FREEDOM[before]:
            raise Conflict("only a warning, a restriction or a suspension can be overturned; nothing was changed")
        restitution = Restitution.objects.create(
            project=project,
            kind=RestitutionKind.TRUST_CHANGE,
            change=change,
            before=to,
            after=before,
            reason=reason.strip(),
            actor=actor,
            created_at=now,
        )
        record_event(
            kind=EventKind.TRUST_OVERTURNED,
            project=project,
            worker=change.worker,
            actor=actor,
            subject=change.uid,
            detail={"from": before, "to": to, "reason": reason.strip()},
            at=now,
        )
        enqueue_restitution(restitution.pk)
        return restitution


def work_off_restitution(*, restitution_id: int) -> int:
    """Put right what is still wrong, worker by worker; returns for how many workers this call did.

    Each worker is a transaction of its own whose first statement takes the wrong score away: killed, repeated or run
    twice at once, nobody is restored twice. Done once a look at all answers finds none that is still wrong.
    """
    restitution = (
        Restitution.objects.select_related("project", "gold__task", "change__worker")
        .filter(pk=restitution_id, state=RestitutionState.RUNNING)
        .first()
    )
    if restitution is None:
        return 0
    if restitution.kind == RestitutionKind.GOLD:
        restored = sum(restore_after_gold(restitution, answer_id) for answer_id in _wrongly_scored(restitution))
    else:
        restored = int(restore_after_overturn(restitution))
    _finish(restitution)
    return restored


def restitutions_due() -> int:
    """Work off the restitutions that are still running; returns how many."""
    due = Restitution.objects.filter(state=RestitutionState.RUNNING).order_by("id").values_list("id", flat=True)
    ids = list(due[:BATCH])
    for restitution_id in ids:
        work_off_restitution(restitution_id=restitution_id)
    return len(ids)


def _wrongly_scored(restitution: Restitution) -> Iterator[int]:
    """Ids of scored answers to the gold whose score is not what its labels say, in the order of their ids."""
    assert restitution.gold is not None
    form = form_of(restitution.project, restitution.gold.task.payload)
    after = 0
    while True:
        rows = list(
            Answer.objects.filter(task=restitution.gold.task, is_correct__isnull=False, id__gt=after)
            .order_by("id")
            .values_list("id", "value", "is_correct")[:CHUNK]
        )
        for answer_id, value, is_correct in rows:
            if form.is_right(value, restitution.after or []) != is_correct:
                yield answer_id
        if len(rows) < CHUNK:
            return
        after = rows[-1][0]


def _finish(restitution: Restitution) -> None:
    with transaction.atomic():
        now = timezone.now()
        running = Restitution.objects.filter(pk=restitution.pk, state=RestitutionState.RUNNING)
        if running.update(state=RestitutionState.DONE, finished_at=now):
            record_event(
                kind=EventKind.RESTITUTION_DONE,
                project=restitution.project,
                actor=restitution.actor,
                subject=restitution.uid,
                detail={"lines": lines_by_kind(restitution)},
                at=now,
            )
