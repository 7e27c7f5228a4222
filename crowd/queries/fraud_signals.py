"""Reads signs of fraud from a project's answers; each is a reason to look, none a verdict."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from crowd.enums import EventKind, FlagKind, WorkerKind
from crowd.models import Answer, DeviceSighting, Event, Project
from crowd.policies.signals import Signal, Suspect, longest_runs, no_information, pace_signals, shared_error_signals
from crowd.queries.paces import NEWEST, read_paces
from crowd.queries.trust_figures import TrustFigures
from quality.aggregation import DawidSkene
from quality.skill.collusion import benjamini_hochberg
from quality.skill.habits import longest_streak, repeated_text

# What is older has been looked at, and people learn.
PERIOD = timedelta(days=28)
FALSE_DISCOVERIES = 0.05
LEAST_EVENTS = 10
LEAST_TEXTS = 10
REPEATED_SHARE = 0.5


def fraud_signals(project: Project, figures: TrustFigures, now: datetime) -> list[Signal]:
    """Every signal of the last weeks; for a job. Per kind a share of 5 % of the flags may be false, in expectation."""
    since = now - PERIOD
    paces = read_paces(project, since=since)
    workers = list(paces.place)
    crowd = Suspect(workers=workers, worker=paces.worker[::-1], label=paces.label[::-1])
    found = [
        *pace_signals(workers, paces.worker, paces.result),
        *longest_runs(crowd, n_labels=len(project.labels)),
        *no_information(figures.read.answers.workers, figures.matrices, people=set(workers)),
        *_streaks(project, since),
        *_repeats(project, since),
        *_devices(project),
    ]
    if figures.read.answers.n_answers and figures.read.answers.n_labels > 1:
        fitted = DawidSkene().fit(figures.read.answers, gold=figures.read.gold or None)
        found += shared_error_signals(figures.read.answers, fitted, people=set(workers))
    return found


def _streaks(project: Project, since: datetime) -> list[Signal]:
    """Skips in a row, against the project's own rate of skipping."""
    rows: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    skips = Event.objects.filter(project=project, kind=EventKind.TASK_SKIPPED, created_at__gt=since)
    for worker_id, at in skips.order_by("-id").values_list("worker_id", "created_at")[:NEWEST]:
        if worker_id is not None:
            rows[worker_id].append((at, True))
    if not rows:
        return []
    given = Answer.objects.filter(project=project, is_model=False, created_at__gt=since).order_by("-id")
    for worker_id, at in given.values_list("worker_id", "created_at")[:NEWEST]:
        rows[worker_id].append((at, False))
    hits = {worker_id: [hit for _, hit in sorted(own)] for worker_id, own in rows.items()}
    # The usual rate is that of the typical worker: one who only skips must not make skipping usual.
    rate = float(np.median([(sum(own) + 0.5) / (len(own) + 1) for own in hits.values()]))
    tests = {w: longest_streak(own, rate) for w, own in hits.items() if len(own) >= LEAST_EVENTS}
    flagged = benjamini_hochberg(np.array([test.p_value for test in tests.values()]), FALSE_DISCOVERIES)
    return [
        Signal(
            FlagKind.SKIP_STREAK,
            worker_id,
            p_value=test.p_value,
            evidence={"longest": test.longest, "of": test.n, "usual_rate": round(rate, 4)},
        )
        for (worker_id, test), flag in zip(tests.items(), flagged, strict=True)
        if flag
    ]


def _repeats(project: Project, since: datetime) -> list[Signal]:
    """The same free text again and again; answers with labels are left to the runs."""
    texts: dict[int, list[str]] = defaultdict(list)
    rows = Answer.objects.filter(
        project=project, is_model=False, label_index__isnull=True, created_at__gt=since
    ).order_by("-id")
    for worker_id, value in rows.values_list("worker_id", "value")[:NEWEST]:
        text = _text_of(value)
        if text:
            texts[worker_id].append(text)
    found = []
    for worker_id, own in texts.items():
        repeat = repeated_text(own)
        if repeat.n >= LEAST_TEXTS and repeat.share >= REPEATED_SHARE:
            evidence = {"times": repeat.times, "of": repeat.n}
            found.append(Signal(FlagKind.REPEATED_TEXT, worker_id, p_value=None, evidence=evidence))
    return found


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return str(value["text"])
    return ""


def _devices(project: Project) -> list[Signal]:
    """People of this project who logged in from one browser."""
    rows = DeviceSighting.objects.filter(
        worker__enrolments__project=project, worker__kind=WorkerKind.HUMAN
    ).values_list("digest", "worker_id")
    sharers: dict[str, set[int]] = defaultdict(set)
    for digest, worker_id in rows.iterator():
        sharers[digest].add(worker_id)
    pairs: dict[tuple[int, int], int] = defaultdict(int)
    for members in sharers.values():
        ordered = sorted(members)
        for i, first in enumerate(ordered):
            for second in ordered[i + 1 :]:
                pairs[first, second] += 1
    return [
        Signal(FlagKind.SHARED_DEVICE, first, other_id=second, p_value=None, evidence={"browsers": browsers})
        for (first, second), browsers in sorted(pairs.items())
    ]
