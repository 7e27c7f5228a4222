"""Changes trust levels, and keeps the gold score that they rest on."""

from __future__ import annotations

from datetime import datetime, timedelta

from crowd.enums import EventKind, TrustLevel
from crowd.jobs import enqueue_reopening
from crowd.models import Answer, Enrolment, Project, Skill, TrustChange, User, Worker, WorkTerms
from crowd.policies.trust import (
    RULE,
    RULE_VERSION,
    GoldRecord,
    TrustDecision,
    decide_trust,
    gold_test,
)
from crowd.queries.forms import guess_choices
from crowd.services.announcements import announce_gold_failed, announce_trust
from crowd.services.events import record_event
from quality.skill.gold import accuracy_posterior


def score_gold(*, answer: Answer, is_right: bool, at: datetime) -> None:
    """Store a gold answer's score, update the worker's skill and decide about trust; in the caller's transaction."""
    project, worker = answer.project, answer.worker
    Answer.objects.filter(pk=answer.pk).update(is_correct=is_right)
    # The enrolment before the skill, as everywhere.
    enrolment = Enrolment.objects.select_for_update().get(project=project, worker=worker)
    Skill.objects.get_or_create(project=project, worker=worker, defaults={"updated_at": at})
    skill = Skill.objects.select_for_update().get(project=project, worker=worker)
    n_labels = guess_choices(project)
    test = gold_test(n_labels)
    record = record_of(skill).after(is_right, test)
    store_record(skill, record, at)
    if not is_right:
        record_event(kind=EventKind.GOLD_FAILED, project=project, worker=worker, subject=answer.uid, at=at)
        announce_gold_failed(worker=worker, project=project, right=record.right, wrong=record.wrong, at=at)
    terms = WorkTerms.objects.filter(enrolment=enrolment).first()
    decision = decide_trust(
        level=TrustLevel(enrolment.trust_level),
        is_warned=terms is not None and terms.is_warned,
        record=record,
        n_labels=n_labels,
        may_lift=terms is None or terms.level_rule == RULE,
    )
    if test.verdict(record.llr) == "good":
        WorkTerms.objects.filter(enrolment=enrolment, is_warned=True).update(is_warned=False)
    if decision is not None:
        change_trust(enrolment=enrolment, decision=decision, at=at)


def change_trust(
    *,
    enrolment: Enrolment,
    decision: TrustDecision,
    at: datetime,
    rule: str = RULE,
    rule_version: int = RULE_VERSION,
    actor: User | None = None,
) -> TrustChange:
    """Move a worker to another level, or warn them, with the evidence; in the caller's transaction, the enrolment
    locked. A suspension has the places of the worker's unreliable answers opened again, after the commit.
    """
    project: Project = enrolment.project
    worker: Worker = enrolment.worker
    until = None if decision.days is None else at + timedelta(days=decision.days)
    change = TrustChange.objects.create(
        project=project,
        worker=worker,
        from_level=enrolment.trust_level,
        to_level=decision.level,
        rule=rule,
        rule_version=rule_version,
        reason=decision.reason,
        evidence=decision.evidence,
        actor=actor,
        expires_at=until,
        created_at=at,
    )
    is_warning = decision.level == enrolment.trust_level
    if is_warning:
        WorkTerms.objects.update_or_create(enrolment=enrolment, defaults={"is_warned": True})
    else:
        _move(enrolment, change, until)
    record_event(
        kind=EventKind.WORKER_WARNED if is_warning else EventKind.TRUST_CHANGED,
        project=project,
        worker=worker,
        actor=actor,
        subject=change.uid,
        detail={"from": change.from_level, "to": change.to_level, "reason": decision.reason},
        at=at,
    )
    announce_trust(change=change, worker=worker, project=project, at=at)
    return change


def begin_anew(*, enrolment: Enrolment, at: datetime) -> None:
    """Start the sequential test afresh, in the caller's transaction; the golds so far stay on the record."""
    skill = Skill.objects.select_for_update().filter(project=enrolment.project, worker=enrolment.worker).first()
    if skill is not None:
        store_record(skill, record_of(skill).begun_anew(), at)
    WorkTerms.objects.filter(enrolment=enrolment).update(is_warned=False)


def record_of(skill: Skill) -> GoldRecord:
    """The golds of a skill row as the policy takes them."""
    return GoldRecord(
        right=skill.gold_right,
        wrong=skill.gold_wrong,
        recent_right=skill.recent_right,
        recent_wrong=skill.recent_wrong,
        llr=skill.gold_llr,
    )


def _move(enrolment: Enrolment, change: TrustChange, until: datetime | None) -> None:
    enrolment.trust_level = change.to_level
    enrolment.save(update_fields=["trust_level"])
    is_suspension = change.to_level == TrustLevel.SUSPENDED
    fields: dict[str, object] = {
        "level_rule": change.rule,
        "level_until": until,
        "reopen_change": change if is_suspension else None,
    }
    if change.to_level == TrustLevel.TRUSTED:
        fields["is_warned"] = False
    WorkTerms.objects.update_or_create(enrolment=enrolment, defaults=fields)
    if is_suspension:
        enqueue_reopening(enrolment.pk)


def store_record(skill: Skill, record: GoldRecord, at: datetime) -> None:
    """Write the golds of a locked skill row, with the estimate that follows from them."""
    skill.gold_right, skill.gold_wrong = record.right, record.wrong
    skill.recent_right, skill.recent_wrong = record.recent_right, record.recent_wrong
    skill.gold_llr = record.llr
    if record.right + record.wrong:
        estimate = accuracy_posterior(record.right, record.wrong)
        skill.mean, skill.low, skill.high = estimate.mean, estimate.low, estimate.high
    skill.updated_at = at
    skill.save(
        update_fields=[
            *("gold_right", "gold_wrong", "recent_right", "recent_wrong", "gold_llr"),
            *("mean", "low", "high", "updated_at"),
        ]
    )
