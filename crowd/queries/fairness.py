"""Reads how fair a project is: pay per active hour, and who is suspended, rejected, granted an appeal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

import numpy as np
from django.conf import settings

from crowd.enums import AppealState, EventKind, PayState, TrustLevel, WorkerKind
from crowd.models import (
    Answer,
    Appeal,
    Assignment,
    Enrolment,
    Event,
    FairnessTerms,
    PayReview,
    Project,
    Restitution,
    TrustChange,
)
from crowd.policies.eligibility import primary
from crowd.policies.fairness import HOUR_SECONDS, floor_of
from quality.skill.rates import GroupShare, MedianEstimate, compare_groups, median_estimate

PERIOD = timedelta(days=28)
NEWEST = 100_000
CHUNK = 500
# Tasks with an answer or an end before a worker's hour is worth a figure.
LEAST_TASKS = 5
UNPAID = (PayState.REJECTED, PayState.APPEALED, PayState.FINAL)
TENURES = ((7, "under a week"), (30, "a week to a month"), (10**6, "a month or more"))


@dataclass(frozen=True, kw_only=True)
class FairnessFigures:
    """``hourly``: median over people of pay per active hour of the last weeks, in micro-units; see `_hours`.

    ``mean_price_micros``: what an answer of that time was worth when it was claimed.
    """

    currency: str
    floor_micros: int | None
    hourly: MedianEstimate
    unpaid_time_share: float | None
    mean_price_micros: float | None
    groups: dict[str, dict[str, list[GroupShare]]]

    @property
    def is_under(self) -> bool | None:
        """Whether the median is under the floor; None while it cannot be said: too few people, or no floor."""
        if self.floor_micros is None or self.hourly.value is None or self.hourly.low is None:
            return None
        return self.hourly.value < self.floor_micros


def fairness_figures(project: Project, now: datetime) -> FairnessFigures:
    """Measure; for a job."""
    hourly, unpaid, price = _hours(project, now - PERIOD)
    return FairnessFigures(
        currency=project.currency,
        floor_micros=floor_for(project),
        hourly=median_estimate(hourly),
        unpaid_time_share=unpaid,
        mean_price_micros=price,
        groups=_groups(project, now),
    )


def floor_for(project: Project) -> int | None:
    """The least for an hour, in micro-units of the project's currency; None where nobody set one."""
    terms = fairness_terms(project)
    own = None if terms is None else terms.floor_micros
    return floor_of(own=own, of_server=settings.PAY_FLOORS_MICROS, currency=project.currency)


def fairness_terms(project: Project) -> FairnessTerms | None:
    """What the project has set; None where nothing."""
    return FairnessTerms.objects.filter(project=project).first()


def _hours(project: Project, since: datetime) -> tuple[list[float], float | None, float | None]:
    """Pay per active hour of each person with enough work, the share of the time that was not paid, the mean price.

    Active is the time from claim to submit or skip by the server's clock, at most a lease for one task; a task that
    expired counts as the typical time of one that was submitted. Rejected work took time and earned nothing.
    """
    rows = list(
        Answer.objects.filter(project=project, is_model=False, created_at__gt=since)
        .order_by("-id")
        .values_list("id", "worker_id", "elapsed_seconds", "assignment__reserved_micros")[:NEWEST]
    )
    if not rows:
        return [], None, None
    unpaid_ids = set(
        PayReview.objects.filter(project=project, state__in=UNPAID, answer_id__gte=rows[-1][0]).values_list(
            "answer_id", flat=True
        )
    )
    cap = float(project.lease_seconds)
    typical = float(np.median([min(cap, row[2]) for row in rows]))
    pay: Counter[int] = Counter()
    seconds: dict[int, float] = defaultdict(float)
    tasks: Counter[int] = Counter()
    lost = 0.0
    for answer_id, worker_id, elapsed, micros in rows:
        took = min(cap, elapsed)
        seconds[worker_id] += took
        tasks[worker_id] += 1
        if answer_id in unpaid_ids:
            lost += took
        else:
            pay[worker_id] += micros
    for worker_id, took in _given_up(project, since, cap, typical):
        seconds[worker_id] += took
        tasks[worker_id] += 1
        lost += took
    total = sum(seconds.values())
    hourly = [pay[w] / seconds[w] * HOUR_SECONDS for w in seconds if tasks[w] >= LEAST_TASKS and seconds[w] > 0]
    return hourly, lost / total if total else None, fmean(row[3] for row in rows)


def _given_up(project: Project, since: datetime, cap: float, typical: float) -> list[tuple[int, float]]:
    """Worker and seconds of each task that was skipped or expired."""
    ends = Event.objects.filter(
        project=project, kind__in=[EventKind.TASK_SKIPPED, EventKind.LEASE_EXPIRED], created_at__gt=since
    )
    kinds = dict(ends.order_by("-id").values_list("subject", "kind")[:NEWEST])
    uids = [uid for uid in kinds if uid is not None]
    found = []
    for start in range(0, len(uids), CHUNK):
        rows = Assignment.objects.filter(uid__in=uids[start : start + CHUNK], worker__kind=WorkerKind.HUMAN)
        for uid, worker_id, claimed, ended in rows.values_list("uid", "worker_id", "claimed_at", "ended_at"):
            is_skip = kinds[uid] == EventKind.TASK_SKIPPED and ended is not None
            took = min(cap, max(0.0, (ended - claimed).total_seconds())) if is_skip and ended else typical
            found.append((worker_id, took))
    return found


def _groups(project: Project, now: datetime) -> dict[str, dict[str, list[GroupShare]]]:
    """Per outcome and way of grouping, the shares of people whom it befell."""
    people = list(
        Enrolment.objects.filter(project=project, worker__kind=WorkerKind.HUMAN).values_list(
            "worker_id", "worker__user__language", "created_at"
        )
    )
    overturned = Restitution.objects.filter(project=project, change__isnull=False).values("change_id")
    suspended = set(
        TrustChange.objects.filter(project=project, to_level=TrustLevel.SUSPENDED)
        .exclude(pk__in=overturned)
        .values_list("worker_id", flat=True)
    )
    rejected = set(
        PayReview.objects.filter(project=project, round__gt=0).order_by().values_list("worker_id", flat=True).distinct()
    )
    appeals = Appeal.objects.filter(review__project=project)
    appealed = set(appeals.values_list("review__worker_id", flat=True))
    granted = set(appeals.filter(state__in=[AppealState.GRANTED]).values_list("review__worker_id", flat=True))
    everybody = {worker_id for worker_id, *_ in people}
    outcomes = {
        "suspended": (suspended, everybody),
        "rejected": (rejected, everybody),
        "appealed": (appealed, rejected),
        "appeal_granted": (granted, appealed),
    }
    ways: dict[str, Callable[[Any, datetime], str]] = {
        "language": lambda language, _: primary(language or "") or "unknown",
        "tenure": lambda _, created: next(name for days, name in TENURES if (now - created).days < days),
    }
    found: dict[str, dict[str, list[GroupShare]]] = {}
    for outcome, (hit, among) in outcomes.items():
        found[outcome] = {}
        for way, group_of in ways.items():
            counts: dict[str, tuple[int, int]] = {}
            for worker_id, language, created in people:
                if worker_id in among:
                    group = group_of(language, created)
                    hits, members = counts.get(group, (0, 0))
                    counts[group] = (hits + (worker_id in hit), members + 1)
            found[outcome][way] = compare_groups(dict(sorted(counts.items())))
    return found
