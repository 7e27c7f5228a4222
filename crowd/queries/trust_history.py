"""Reads a worker's history of golds and trust changes, as the replay takes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from crowd.enums import RestitutionKind, TrustLevel
from crowd.models import Answer, Enrolment, Restitution, RuleFiring, TrustChange
from crowd.policies.rule_bodies import read_rule
from crowd.policies.rules import evaluate
from crowd.policies.trust_replay import PastChange, ScoredGold
from crowd.queries.records import records_of


@dataclass(frozen=True)
class TrustHistory:
    """Golds in the order in which they were scored, changes oldest first, the changes that were overturned."""

    golds: list[ScoredGold]
    changes: list[PastChange]
    struck: frozenset[uuid.UUID]


def trust_history(enrolment: Enrolment) -> TrustHistory:
    """Everything that a worker's trust rests on; three queries, of the worker's own golds and changes."""
    where = {"project_id": enrolment.project_id, "worker_id": enrolment.worker_id}
    scored = Answer.objects.filter(**where, is_correct__isnull=False, processed_at__isnull=False)
    golds = [
        ScoredGold(at=at, uid=uid, is_right=bool(is_right))
        for at, uid, is_right in scored.order_by("processed_at", "id").values_list("processed_at", "uid", "is_correct")
        if at is not None
    ]
    changes = [
        PastChange(
            at=row.created_at,
            uid=row.uid,
            rule=row.rule,
            from_level=TrustLevel(row.from_level),
            to_level=TrustLevel(row.to_level),
            until=row.expires_at,
            ended=str(row.evidence.get("ended", "")).replace("+00:00", "Z"),
        )
        for row in TrustChange.objects.filter(**where).order_by("id")
    ]
    struck = Restitution.objects.filter(
        kind=RestitutionKind.TRUST_CHANGE,
        change__project_id=enrolment.project_id,
        change__worker_id=enrolment.worker_id,
    )
    return TrustHistory(golds, changes, frozenset(struck.values_list("change__uid", flat=True)))


def firings_that_hold(enrolment: Enrolment) -> dict[uuid.UUID, bool]:
    """By uid of each firing of a rule on gold: whether the rule holds on its window, as the golds are scored now."""
    found: dict[uuid.UUID, bool] = {}
    since: dict[str, datetime] = {}
    firings = RuleFiring.objects.filter(project_id=enrolment.project_id, worker_id=enrolment.worker_id)
    for firing in firings.select_related("rule").order_by("id"):
        before, since[firing.rule.name] = since.get(firing.rule.name), firing.until
        body = read_rule(firing.rule.body)
        if all(condition.measure != "gold_accuracy" for condition in body.conditions):
            continue
        records = records_of(project=enrolment.project, worker_id=enrolment.worker_id, since=before, until=firing.until)
        found[firing.uid] = evaluate(body, records, now=firing.created_at) is not None
    return found
