"""Reads what a gold's correction would change, with nothing written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crowd.enums import PayState, TrustLevel
from crowd.errors import InvalidInput
from crowd.models import Answer, Enrolment, Gold, PayReview, Project
from crowd.policies.answer_types import read_right_answers
from crowd.policies.trust_replay import FREEDOM, Replayed, replay_trust
from crowd.queries.forms import form_of, guess_choices
from crowd.queries.trust_history import trust_history

REJECTED = (PayState.REJECTED, PayState.APPEALED, PayState.FINAL)
# Histories replayed while somebody waits for the page.
MOST_REPLAYED = 200


@dataclass(frozen=True)
class CorrectionPreview:
    """``becomes_right``/``becomes_wrong``: answers scored anew; ``rejections``: of them, rejected pay that is paid.

    ``levels``/``warnings``: given back, withdrawn, by replaying the golds of ``replayed`` of the ``workers`` concerned;
    what managers' own rules made of the golds comes on top. Nobody is judged more severely for the past.
    """

    labels: list[Any]
    becomes_right: int
    becomes_wrong: int
    workers: int
    replayed: int
    levels: int
    warnings: int
    rejections: int


def preview_correction(*, project: Project, gold: Gold, labels: Sequence[Any], now: datetime) -> CorrectionPreview:
    """What would follow if these were the gold's right labels. Raises InvalidInput where they make no sense."""
    form = form_of(project, gold.task.payload)
    right, problems = read_right_answers(form, labels, "/labels")
    if problems:
        raise InvalidInput("the gold cannot be corrected like this", problems=tuple(problems))
    changed: dict[int, dict[uuid.UUID, bool]] = {}
    scored = Answer.objects.filter(task=gold.task, is_correct__isnull=False).order_by("id")
    for worker_id, uid, value, is_correct in scored.values_list("worker_id", "uid", "value", "is_correct"):
        is_right = form.is_right(value, right)
        if is_right != is_correct:
            changed.setdefault(worker_id, {})[uid] = is_right
    turned = [is_right for own in changed.values() for is_right in own.values()]
    levels = warnings = 0
    concerned = Enrolment.objects.filter(project=project, worker__in=list(changed)).select_related("project")
    enrolments = list(concerned.order_by("id")[:MOST_REPLAYED])
    n_labels = guess_choices(project)
    for enrolment in enrolments:
        was, is_now = _replayed(enrolment, changed[enrolment.worker_id], n_labels, now)
        current = TrustLevel(enrolment.trust_level)
        levels += FREEDOM[is_now.level] > max(FREEDOM[was.level], FREEDOM[current])
        warnings += was.is_warned and not is_now.is_warned
    gained = [uid for own in changed.values() for uid, is_right in own.items() if is_right]
    return CorrectionPreview(
        labels=right,
        becomes_right=sum(turned),
        becomes_wrong=len(turned) - sum(turned),
        workers=len(changed),
        replayed=len(enrolments),
        levels=levels,
        warnings=warnings,
        rejections=PayReview.objects.filter(answer__uid__in=gained, state__in=REJECTED).count(),
    )


def _replayed(
    enrolment: Enrolment, scores: dict[uuid.UUID, bool], n_labels: int, now: datetime
) -> tuple[Replayed, Replayed]:
    history = trust_history(enrolment)
    golds = [replace(gold, is_right=scores.get(gold.uid, gold.is_right)) for gold in history.golds]
    was = replay_trust(history.golds, history.changes, n_labels=n_labels, now=now, struck=history.struck)
    return was, replay_trust(golds, history.changes, n_labels=n_labels, now=now, struck=history.struck)
