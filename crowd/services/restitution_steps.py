"""The step of a restitution for one worker: scores, skill, level, pause, with a line for each thing changed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from math import isclose
from typing import Any

from django.db import transaction
from django.utils import timezone

from crowd.enums import RestitutionKind, RestitutionLineKind, TrustLevel
from crowd.models import (
    Answer,
    Enrolment,
    Restitution,
    RestitutionLine,
    RuleFiring,
    Skill,
    TrustChange,
    WorkTerms,
)
from crowd.policies.trust import RULE, GoldRecord, TrustDecision
from crowd.policies.trust_replay import FREEDOM, RESTITUTION_RULE, RULE_PREFIX, Replayed, replay_trust
from crowd.queries.forms import form_of, guess_choices
from crowd.queries.trust_history import TrustHistory, firings_that_hold, trust_history
from crowd.services.restitution_money import pay_again
from crowd.services.trust import change_trust, record_of, store_record
from crowd.times import zulu

Line = RestitutionLineKind


def restore_after_gold(restitution: Restitution, answer_id: int) -> bool:
    """Score one answer to the corrected gold anew and put right what followed; False when that was done before."""
    with transaction.atomic():
        answer = Answer.objects.select_related("project", "task").get(pk=answer_id)
        enrolment = _locked(answer.project_id, answer.worker_id)
        is_right = form_of(answer.project, answer.task.payload).is_right(answer.value, restitution.after or [])
        before, held = trust_history(enrolment), firings_that_hold(enrolment)
        # The guard: under the enrolment's lock exactly one caller changes this score.
        if not Answer.objects.filter(pk=answer_id, is_correct=not is_right).update(is_correct=is_right):
            return False
        now = timezone.now()
        _write(restitution, enrolment, Line.ANSWER_RESCORED, answer.uid, {"is_correct": is_right}, now)
        holds = firings_that_hold(enrolment)
        fallen = {firing for firing, held_before in held.items() if held_before and not holds[firing]}
        after = trust_history(enrolment)
        grounds = {answer.uid} if is_right else set()
        _restore(restitution, enrolment, before, after, fallen, grounds, now)
        return True


def restore_after_overturn(restitution: Restitution) -> bool:
    """Put right what followed from an overturned decision; False when that was done before."""
    change = restitution.change
    assert change is not None
    with transaction.atomic():
        enrolment = _locked(change.project_id, change.worker_id)
        if RestitutionLine.objects.filter(restitution=restitution).exists():
            return False
        now = timezone.now()
        _write(restitution, enrolment, Line.CHANGE_UNDONE, change.uid, _words(change), now)
        after = trust_history(enrolment)
        before = TrustHistory(after.golds, after.changes, after.struck - {change.uid})
        _restore(restitution, enrolment, before, after, set(), {change.uid}, now)
        return True


def _restore(
    restitution: Restitution,
    enrolment: Enrolment,
    before: TrustHistory,
    after: TrustHistory,
    fallen: set[uuid.UUID],
    grounds: set[uuid.UUID],
    now: datetime,
) -> None:
    fallen_changes = _changes_of(enrolment, fallen)
    n_labels = guess_choices(enrolment.project)
    was = replay_trust(before.golds, before.changes, n_labels=n_labels, now=now, struck=before.struck)
    struck = after.struck | {change.uid for change in fallen_changes}
    is_now = replay_trust(after.golds, after.changes, n_labels=n_labels, now=now, struck=struck)
    _restore_skill(restitution, enrolment, was, is_now, now)
    undone = _list_changes(restitution, enrolment, was, is_now, fallen_changes, now)
    _restore_pause(restitution, enrolment, fallen, now)
    terms, _ = WorkTerms.objects.get_or_create(enrolment=enrolment)
    if was.is_warned and not is_now.is_warned and terms.is_warned:
        WorkTerms.objects.filter(pk=terms.pk).update(is_warned=False)
        _write(restitution, enrolment, Line.WARNING_WITHDRAWN, restitution.uid, {"apology": APOLOGIES["warning"]}, now)
    _restore_level(restitution, enrolment, was, is_now, now)
    for answer_uid, detail in pay_again(restitution=restitution, enrolment=enrolment, grounds=grounds | undone):
        kind = Line.REJECTION_REVERSED if detail["is_paid"] else Line.REJECTION_LEFT
        _write(restitution, enrolment, kind, answer_uid, detail, now)


def _restore_skill(
    restitution: Restitution, enrolment: Enrolment, was: Replayed, is_now: Replayed, now: datetime
) -> None:
    Skill.objects.get_or_create(project=enrolment.project, worker=enrolment.worker, defaults={"updated_at": now})
    skill = Skill.objects.select_for_update().get(project=enrolment.project, worker=enrolment.worker)
    stored = record_of(skill)
    if stored == is_now.record:
        return
    store_record(skill, is_now.record, now)
    detail = {
        "before": asdict(stored),
        "after": asdict(is_now.record),
        # False: the score on record was made by another version of the rule, or was put right before.
        "is_reproduced": _equal(stored, was.record),
    }
    _write(restitution, enrolment, Line.SKILL_RECOMPUTED, restitution.uid, detail, now)


def _list_changes(
    restitution: Restitution,
    enrolment: Enrolment,
    was: Replayed,
    is_now: Replayed,
    fallen: Sequence[TrustChange],
    now: datetime,
) -> set[uuid.UUID]:
    """Name the decisions that the corrected history does not have, and those that it would have had besides.

    Returns the uids of the first.
    """
    kept = {(one.at, one.to_level) for one in is_now.decided}
    gone = {(one.at, one.to_level) for one in was.decided} - kept
    own = TrustChange.objects.filter(
        project=enrolment.project, worker=enrolment.worker, rule=RULE, created_at__in=[at for at, _ in gone]
    )
    undone = [change for change in own if (change.created_at, change.to_level) in gone]
    for change in [*undone, *fallen]:
        _write(restitution, enrolment, Line.CHANGE_UNDONE, change.uid, _words(change), now)
        places = change.reopened_places.count()
        if places:
            # Others have been asked, and are paid: those places are not taken back.
            _write(restitution, enrolment, Line.PLACES_KEPT, change.uid, {"places": places}, now)
    had = {(one.at, one.to_level) for one in was.decided}
    for one in is_now.decided:
        if one.is_burden and (one.at, one.to_level) not in had:
            detail = {"from": one.from_level, "to": one.to_level, "at": zulu(one.at), "reason": one.reason}
            _write(restitution, enrolment, Line.CHANGE_NOT_IMPOSED, one.answer, detail, now)
    return {change.uid for change in [*undone, *fallen]}


def _restore_level(
    restitution: Restitution, enrolment: Enrolment, was: Replayed, is_now: Replayed, now: datetime
) -> None:
    """Give back a freer level; a less free one is never imposed for the past."""
    current, to = TrustLevel(enrolment.trust_level), is_now.level
    is_freer = FREEDOM[to] > FREEDOM[was.level]
    if restitution.kind == RestitutionKind.TRUST_CHANGE and _stands_on(restitution, enrolment):
        # Whatever the replay makes of an old rule: this decision was wrong, and it is the one in force.
        assert restitution.change is not None
        to = max(to, TrustLevel(restitution.change.from_level), key=FREEDOM.__getitem__)
        is_freer = True
    if not is_freer or FREEDOM[to] <= FREEDOM[current]:
        return
    apology = APOLOGIES[current]
    decision = TrustDecision(to, apology, {"restitution": str(restitution.uid)})
    change = change_trust(enrolment=enrolment, decision=decision, at=now, rule=RESTITUTION_RULE, rule_version=1)
    is_replayed = to == is_now.level
    WorkTerms.objects.filter(enrolment=enrolment).update(
        # The level stands as it would have come about: what may lift it, and when it ends.
        level_rule=is_now.level_rule if is_replayed else RESTITUTION_RULE,
        level_until=is_now.level_until if is_replayed else None,
        is_warned=is_now.is_warned and was.is_warned,
    )
    detail = {"from": current, "to": to, "apology": apology}
    _write(restitution, enrolment, Line.LEVEL_RESTORED, change.uid, detail, now)


APOLOGIES = {
    TrustLevel.SUSPENDED: "Your work here was suspended by an error of ours. The suspension is lifted; we are sorry.",
    TrustLevel.RESTRICTED: "Your work here was restricted by an error of ours. It has ended; we are sorry.",
    TrustLevel.NEW: "By an error of ours you lacked the trust that you had earned. You have it now; we are sorry.",
    "warning": "You were warned by an error of ours. The warning is withdrawn; we are sorry.",
    "pause": "Your work here was paused by an error of ours. The pause has ended; we are sorry.",
}


def _restore_pause(restitution: Restitution, enrolment: Enrolment, fallen: set[uuid.UUID], now: datetime) -> None:
    for firing in RuleFiring.objects.filter(uid__in=fallen, action="pause"):
        paused = WorkTerms.objects.filter(enrolment=enrolment, paused_until__gt=now, pause_reason=firing.reason)
        if paused.update(paused_until=None, pause_reason=""):
            _write(restitution, enrolment, Line.LEVEL_RESTORED, firing.uid, {"apology": APOLOGIES["pause"]}, now)


def _changes_of(enrolment: Enrolment, firings: set[uuid.UUID]) -> list[TrustChange]:
    """The trust changes that firings of rules made."""
    if not firings:
        return []
    rows = TrustChange.objects.filter(project=enrolment.project, worker=enrolment.worker, rule__startswith=RULE_PREFIX)
    return [change for change in rows.order_by("id") if change.evidence.get("firing") in {str(uid) for uid in firings}]


def _stands_on(restitution: Restitution, enrolment: Enrolment) -> bool:
    """Whether the overturned decision is the one that set the worker's present level."""
    rows = TrustChange.objects.filter(project=enrolment.project, worker=enrolment.worker).order_by("-id")
    moves = (change.pk for change in rows if change.from_level != change.to_level)
    return next(moves, None) == restitution.change_id


def _locked(project_id: int, worker_id: int) -> Enrolment:
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("project", "worker")
    return rows.get(project_id=project_id, worker_id=worker_id)


def _write(
    restitution: Restitution,
    enrolment: Enrolment,
    kind: RestitutionLineKind,
    subject: uuid.UUID,
    detail: dict[str, Any],
    at: datetime,
) -> None:
    # A worker whom several answers concern gets each line once.
    RestitutionLine.objects.get_or_create(
        restitution=restitution,
        worker=enrolment.worker,
        kind=kind,
        subject=subject,
        defaults={"detail": detail, "created_at": at},
    )


def _words(change: TrustChange) -> dict[str, Any]:
    return {
        "from": change.from_level,
        "to": change.to_level,
        "at": zulu(change.created_at),
        "rule": change.rule,
        "reason": change.reason,
    }


def _equal(one: GoldRecord, other: GoldRecord) -> bool:
    counts = (one.right, one.wrong, one.recent_right, one.recent_wrong)
    return counts == (other.right, other.wrong, other.recent_right, other.recent_wrong) and isclose(
        one.llr, other.llr, abs_tol=1e-6
    )
