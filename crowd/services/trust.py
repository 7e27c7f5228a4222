"""Changes trust levels, and keeps the gold score that they rest on."""

from __future__ import annotations

from datetime import datetime

from crowd.enums import EventKind, TrustLevel
from crowd.models import Answer, Enrolment, Project, Skill, TrustChange, User, Worker
from crowd.policies.trust import RULE, RULE_VERSION, TrustDecision, decide_trust, gold_test
from crowd.services.events import record_event
from quality.skill.gold import accuracy_posterior


def score_gold(*, answer: Answer, right_labels: list[str], at: datetime) -> None:
    """Score a gold answer, update the worker's skill and decide about trust; in the caller's transaction."""
    project, worker = answer.project, answer.worker
    is_right = answer.value in right_labels
    Answer.objects.filter(pk=answer.pk).update(is_correct=is_right)
    Skill.objects.get_or_create(project=project, worker=worker, defaults={"updated_at": at})
    skill = Skill.objects.select_for_update().get(project=project, worker=worker)
    n_labels = len(project.labels)
    skill.gold_right += int(is_right)
    skill.gold_wrong += int(not is_right)
    test = gold_test(n_labels)
    skill.gold_llr = test.update(skill.gold_llr, is_right)
    if test.verdict(skill.gold_llr) == "good":
        skill.recent_right = skill.recent_wrong = 0
    else:
        skill.recent_right += int(is_right)
        skill.recent_wrong += int(not is_right)
    estimate = accuracy_posterior(skill.gold_right, skill.gold_wrong)
    skill.mean, skill.low, skill.high = estimate.mean, estimate.low, estimate.high
    skill.updated_at = at
    skill.save(
        update_fields=[
            *("gold_right", "gold_wrong", "recent_right", "recent_wrong", "gold_llr"),
            *("mean", "low", "high", "updated_at"),
        ]
    )
    if not is_right:
        record_event(kind=EventKind.GOLD_FAILED, project=project, worker=worker, subject=answer.uid, at=at)
    enrolment = Enrolment.objects.select_for_update().get(project=project, worker=worker)
    decision = decide_trust(
        level=TrustLevel(enrolment.trust_level),
        right=skill.gold_right,
        wrong=skill.gold_wrong,
        recent_right=skill.recent_right,
        recent_wrong=skill.recent_wrong,
        llr=skill.gold_llr,
        n_labels=n_labels,
    )
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
    """Move a worker to another level, with the evidence; in the caller's transaction, the enrolment locked."""
    project: Project = enrolment.project
    worker: Worker = enrolment.worker
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
        created_at=at,
    )
    enrolment.trust_level = decision.level
    enrolment.save(update_fields=["trust_level"])
    record_event(
        kind=EventKind.TRUST_CHANGED,
        project=project,
        worker=worker,
        actor=actor,
        subject=change.uid,
        detail={"from": change.from_level, "to": change.to_level, "reason": decision.reason},
        at=at,
    )
    return change
