"""Keeps a project's rules, and fires each once for every window in which it holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from crowd.enums import EventKind, TrustLevel
from crowd.errors import FieldProblem, InvalidInput, NotFound
from crowd.models import Enrolment, Project, Rule, RuleFiring, User, Worker, WorkTerms
from crowd.policies.rule_bodies import read_rule
from crowd.policies.rules import Finding, RuleBody, evaluate
from crowd.policies.trust import TrustDecision
from crowd.queries.records import records_of
from crowd.services.events import record_event
from crowd.services.trust import change_trust
from crowd.times import zulu

MAX_NAME = 50


def set_rule(*, project: Project, name: str, body: Any, actor: User) -> Rule:
    """Store a rule's next version and retire the one before. Raises InvalidInput naming each problem."""
    if not name.strip() or len(name) > MAX_NAME:
        raise InvalidInput(
            "the rule has no usable name", problems=(FieldProblem("/name", f"1 to {MAX_NAME} characters"),)
        )
    read_rule(body)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        now = timezone.now()
        earlier = Rule.objects.filter(project=project, name=name)
        version = (earlier.aggregate(newest=Max("version"))["newest"] or 0) + 1
        earlier.filter(is_active=True).update(is_active=False)
        rule = Rule.objects.create(
            project=project, name=name, version=version, body=body, created_by=actor, created_at=now
        )
        detail = {"name": name, "version": version, "body": body}
        record_event(kind=EventKind.RULE_SET, project=project, actor=actor, subject=rule.uid, detail=detail, at=now)
        return rule


def retire_rule(*, project: Project, name: str, actor: User) -> Rule:
    """Let a rule fire no more; a repeated call changes nothing. Raises NotFound."""
    with transaction.atomic():
        rule = Rule.objects.filter(project=project, name=name).order_by("-version").first()
        if rule is None:
            raise NotFound("there is no such rule")
        if Rule.objects.filter(pk=rule.pk, is_active=True).update(is_active=False):
            detail = {"name": name, "version": rule.version}
            record_event(kind=EventKind.RULE_RETIRED, project=project, actor=actor, subject=rule.uid, detail=detail)
        rule.is_active = False
        return rule


def apply_rules(*, project: Project, worker: Worker) -> int:
    """Fire the project's active rules that hold for the worker now; returns how many fired.

    Each firing is a transaction of its own with what follows from it. A window fires a rule once: events up to a
    firing are used up, and of two processes that see the same window the constraint lets one act.
    """
    return sum(
        _apply(rule, project, worker) for rule in Rule.objects.filter(project=project, is_active=True).order_by("name")
    )


def _apply(rule: Rule, project: Project, worker: Worker) -> bool:
    body = read_rule(rule.body)
    # Counted before the window is read: whoever fires in between takes this number, and the insert below fails.
    fired_before = RuleFiring.objects.filter(rule=rule, worker=worker).count()
    # A new version begins where the one before left off: what was held against a worker once is used up.
    last = RuleFiring.objects.filter(rule__project=project, rule__name=rule.name, worker=worker).order_by("-id").first()
    records = records_of(project=project, worker_id=worker.pk, since=None if last is None else last.until)
    if not records:
        return False
    now = timezone.now()
    finding = evaluate(body, records, now=now)
    if finding is None:
        return False
    try:
        with transaction.atomic():
            firing = RuleFiring(
                rule=rule,
                project=project,
                worker=worker,
                number=fired_before + 1,
                until=records[-1].at,
                action=body.action,
                reason=finding.reason,
                evidence=finding.evidence,
                created_at=now,
            )
            with transaction.atomic():
                firing.save(force_insert=True)
            _act(firing, body, finding, now)
    except IntegrityError:
        if RuleFiring.objects.filter(rule=rule, worker=worker).count() > fired_before:
            return False  # another process fired it for this window
        raise
    return True


def _act(firing: RuleFiring, body: RuleBody, finding: Finding, now: datetime) -> None:
    project, worker, rule = firing.project, firing.worker, firing.rule
    detail = {"rule": rule.name, "version": rule.version, "action": body.action, "reason": finding.reason}
    record_event(kind=EventKind.RULE_FIRED, project=project, worker=worker, subject=firing.uid, detail=detail, at=now)
    if body.action == "note":
        return
    enrolment = Enrolment.objects.select_for_update().get(project=project, worker=worker)
    if body.action == "pause":
        _pause(enrolment, body, finding, now)
        return
    level = TrustLevel(enrolment.trust_level)
    to = {"warn": level, "restrict": TrustLevel.RESTRICTED, "suspend": TrustLevel.SUSPENDED}[body.action]
    if level == TrustLevel.SUSPENDED or (body.action != "warn" and level == to):
        return  # as strict already; the firing is on the record
    decision = TrustDecision(
        to, finding.reason, {"firing": str(firing.uid), **finding.evidence}, days=_days(body.for_hours)
    )
    change_trust(enrolment=enrolment, decision=decision, at=now, rule=f"rule: {rule.name}", rule_version=rule.version)


def _pause(enrolment: Enrolment, body: RuleBody, finding: Finding, now: datetime) -> None:
    assert body.for_hours is not None
    until = now + timedelta(hours=body.for_hours)
    terms, _ = WorkTerms.objects.get_or_create(enrolment=enrolment)
    if terms.paused_until is None or terms.paused_until < until:
        terms.paused_until, terms.pause_reason = until, finding.reason
        terms.save(update_fields=["paused_until", "pause_reason"])
    detail = {"until": zulu(until), "reason": finding.reason}
    record_event(
        kind=EventKind.WORKER_PAUSED, project=enrolment.project, worker=enrolment.worker, detail=detail, at=now
    )


def _days(for_hours: float | None) -> int | None:
    return None if for_hours is None else max(1, ceil(for_hours / 24))
