"""Reads whom a rule would have hit: on past data, with nothing written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crowd.enums import TrustLevel
from crowd.models import Answer, Project, Worker
from crowd.policies.rules import RuleBody, replay
from crowd.policies.trust import GoldRecord, TrustRule, decide_trust, gold_test
from crowd.queries.forms import guess_choices
from crowd.queries.records import records_by_worker


@dataclass(frozen=True)
class Hit:
    """What would have happened to a worker, when, why."""

    worker: Worker
    at: datetime
    outcome: str
    reason: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Preview:
    """Everybody who would have been hit since ``since``, of ``workers`` who did anything; oldest first."""

    since: datetime
    workers: int
    hits: list[Hit]


def preview_rule(*, project: Project, body: RuleBody, now: datetime, days: int) -> Preview:
    """Replay a rule over the last ``days``, consensus as it stands now."""
    since = now - timedelta(days=days)
    records = records_by_worker(project=project, since=since)
    workers = _workers(records)
    hits = [
        Hit(workers[worker_id], at, body.action, finding.reason, finding.evidence)
        for worker_id, own in records.items()
        for at, finding in replay(body, own)
    ]
    return Preview(since, len(records), sorted(hits, key=lambda hit: hit.at))


def preview_trust(*, project: Project, rule: TrustRule, now: datetime, days: int) -> Preview:
    """Replay the ladder over each worker's golds from the first; list the rungs taken in the last ``days``.

    As if nobody had been stopped, nor a level ended by itself or been set by hand: an upper limit for severe rules.
    """
    since = now - timedelta(days=days)
    golds: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    scored = Answer.objects.filter(project=project, is_correct__isnull=False).order_by("id")
    for worker_id, at, is_right in scored.values_list("worker_id", "created_at", "is_correct").iterator():
        golds[worker_id].append((at, bool(is_right)))
    workers = _workers(golds)
    n_labels = guess_choices(project)
    test = gold_test(n_labels, rule)
    hits: list[Hit] = []
    for worker_id, own in golds.items():
        record, level, is_warned = GoldRecord(), TrustLevel.NEW, False
        for at, is_right in own:
            record = record.after(is_right, test)
            decision = decide_trust(level=level, is_warned=is_warned, record=record, n_labels=n_labels, rule=rule)
            if test.verdict(record.llr) == "good":
                is_warned = False
            if decision is None:
                continue
            is_warned = is_warned or decision.level == level
            outcome = "warned" if decision.level == level else str(decision.level)
            level = decision.level
            if at > since:
                hits.append(Hit(workers[worker_id], at, outcome, decision.reason, decision.evidence))
    return Preview(since, len(golds), sorted(hits, key=lambda hit: hit.at))


def _workers(ids: Iterable[int]) -> dict[int, Worker]:
    return Worker.objects.in_bulk(list(ids))
