"""The server's figures for operators, read from the database when they are asked for: all processes tell the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from crowd.enums import AccountKind, AssignmentState, DeliveryState, RaterRunState, RunState
from crowd.models import (
    AggregationRun,
    Answer,
    Assignment,
    Entry,
    Event,
    Export,
    Import,
    Project,
    RaterRun,
    SealClock,
    Webhook,
    WebhookDelivery,
)
from crowd.queries.queues import queue_lengths

# The runs of fits that "lately" looks at.
LATELY_RUNS = 50
LATELY = timedelta(days=1)
# Sums over the whole ledger, sizes of the database: read at most this often.
SLOW_SECONDS = 120
SLOW_KEY = "assay:figures:slow"
# Counting more than this many waiting rows tells nobody more.
MOST_COUNTED = 100_000


@dataclass(frozen=True)
class Figure:
    """A figure by the name that Prometheus knows; ``samples`` are values with their labels."""

    name: str
    help: str
    kind: str = "gauge"
    samples: list[tuple[dict[str, str], float]] = field(default_factory=list)

    def of(self, value: float | None, **labels: str) -> Figure:
        """With one more sample; none where there is no value yet."""
        if value is not None:
            self.samples.append((labels, float(value)))
        return self


def server_figures() -> list[Figure]:
    """Every figure. The cheap ones are read now, the sums at most every two minutes."""
    now = timezone.now()
    slow: list[Figure] | None = cache.get(SLOW_KEY)
    if slow is None:
        slow = list(_slow())
        cache.set(SLOW_KEY, slow, SLOW_SECONDS)
    return [*_work(now), *_fits(now), *_doors(now), *_trail(now), *slow]


def _work(now: datetime) -> Iterator[Figure]:
    # A number is taken by every row and by those that were rolled back: its rate is right to within those, its reading
    # costs nothing, while counting millions of rows takes seconds.
    yield Figure("assay_claims", "Numbers given to assignments.", "counter").of(
        Assignment.objects.aggregate(newest=Max("id"))["newest"] or 0
    )
    yield Figure("assay_answers", "Numbers given to answers.", "counter").of(
        Answer.objects.aggregate(newest=Max("id"))["newest"] or 0
    )
    waiting = Answer.objects.filter(processed_at__isnull=True)
    fresh = waiting.filter(process_attempts=0)
    yield Figure("assay_answers_waiting", "Answers that are not processed yet.").of(_count(waiting))
    oldest = fresh.aggregate(oldest=Min("created_at"))["oldest"]
    yield Figure("assay_processing_lag_seconds", "Age of the oldest answer that nobody has tried to process.").of(
        0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    )
    yield Figure("assay_answers_failing", "Answers whose processing failed and is tried again.").of(
        _count(waiting.filter(process_attempts__gt=0))
    )
    live = Assignment.objects.filter(state=AssignmentState.ACTIVE, ended_at__isnull=True)
    yield Figure("assay_leases_live", "Tasks in somebody's hand.").of(_count(live))
    yield Figure("assay_leases_overdue", "Leases past their deadline that are not expired yet.").of(
        _count(live.filter(deadline__lt=now))
    )
    lengths = Figure("assay_queue_length", "Messages that wait in a queue of the broker.")
    for name, length in (queue_lengths() or {}).items():
        lengths.of(length, queue=name)
    yield lengths


def _fits(now: datetime) -> Iterator[Figure]:
    due = Project.objects.filter(is_dirty=True)
    due = due.filter(Q(refit_not_before__isnull=True) | Q(refit_not_before__lte=now))
    yield Figure("assay_refits_due", "Projects whose full fit is due.").of(due.count())
    runs = list(AggregationRun.objects.order_by("-id").values_list("state", "started_at", "finished_at")[:LATELY_RUNS])
    ended = [(state, begun, end) for state, begun, end in runs if end is not None]
    last = max(ended, key=lambda run: run[2], default=None)
    yield Figure("assay_refit_seconds", "How long the last full fit took.").of(
        None if last is None else (last[2] - last[1]).total_seconds()
    )
    yield Figure("assay_refit_longest_seconds", f"The longest of the last {LATELY_RUNS} full fits.").of(
        max(((end - begun).total_seconds() for _, begun, end in ended), default=None)
    )
    yield Figure("assay_refit_ended_timestamp_seconds", "When the last full fit ended.").of(
        None if last is None else last[2].timestamp()
    )
    yield Figure("assay_refits_failed_lately", f"Failed ones of the last {LATELY_RUNS} full fits, within a day.").of(
        sum(state == RunState.FAILED and now - end < LATELY for state, _, end in ended)
    )


def _doors(now: datetime) -> Iterator[Figure]:
    states = Figure("assay_webhook_deliveries", "Messages on their way to webhooks.")
    pending = WebhookDelivery.objects.filter(state=DeliveryState.PENDING)
    yield states.of(_count(pending), state="pending").of(_count(pending.filter(next_attempt_at__lte=now)), state="due")
    dead = WebhookDelivery.objects.filter(state=DeliveryState.DEAD, created_at__gte=now - LATELY)
    yield Figure("assay_webhook_deliveries_dead_lately", "Messages of the last day that were given up.").of(
        _count(dead)
    )
    yield Figure("assay_webhooks_switched_off", "Webhooks that were switched off because nothing arrived.").of(
        Webhook.objects.filter(is_active=False, removed_at__isnull=True).exclude(disabled_reason="").count()
    )
    yield Figure("assay_imports_unfinished", "Imports that wait or run.").of(
        _count(Import.objects.filter(finished_at__isnull=True))
    )
    yield Figure("assay_exports_unfinished", "Exports that wait or run.").of(
        _count(Export.objects.filter(finished_at__isnull=True))
    )
    yield Figure("assay_rater_runs_running", "Runs of models that are at work.").of(
        _count(RaterRun.objects.filter(state=RaterRunState.RUNNING))
    )


def _trail(now: datetime) -> Iterator[Figure]:
    clock = SealClock.objects.filter(pk=1).first()
    swept = None if clock is None else clock.looked_at
    yield Figure("assay_sweep_age_seconds", "Time since the last sweep, to within ten seconds.").of(
        None if swept is None else max(0.0, (now - swept).total_seconds())
    )
    unsealed = Event.objects.filter(seal__isnull=True, id__gt=0 if clock is None else clock.floor_id)
    yield Figure("assay_audit_unsealed", "Events that wait for their seal.").of(_count(unsealed))
    yield Figure("assay_audit_sealed", "Events in the hash chain of the audit trail.", "counter").of(
        0 if clock is None else clock.position
    )


def _slow() -> Iterator[Figure]:
    yield Figure("assay_projects", "Projects by state.", samples=_by(Project.objects.all(), "state", Count("id")))
    sums = (
        Entry.objects.order_by()
        .values("account__kind", "account__currency")
        .annotate(sum=Sum("amount_micros"))
        .values_list("account__kind", "account__currency", "sum")
    )
    off: dict[str, int] = {}
    balance = Figure("assay_ledger_micros", "What the ledger's accounts hold, in micro-units.")
    cost = Figure("assay_model_cost_micros", "What calls of models have cost, in micro-units.", "counter")
    for kind, currency, total in sums:
        balance.of(total, kind=kind, currency=currency)
        off[currency] = off.get(currency, 0) + total
        if kind == AccountKind.PROVIDER_PAYABLE:
            cost.of(abs(total), currency=currency)
    yield balance
    yield cost
    sound = Figure("assay_ledger_off_micros", "By how much the ledger does not sum to zero: must be 0.")
    for currency, total in off.items():
        sound.of(abs(total), currency=currency)
    yield sound
    yield Figure("assay_database_bytes", "Size of the database.").of(_database_bytes())


def _count(rows: Any) -> int:
    return int(rows.order_by()[:MOST_COUNTED].count())


def _by(rows: Any, name: str, what: Any) -> list[tuple[dict[str, str], float]]:
    found = rows.order_by().values(name).annotate(n=what).values_list(name, "n")
    return [({name: value}, float(n)) for value, n in found]


def _database_bytes() -> int:
    statements: dict[str, Callable[[Any], int]] = {
        "postgresql": lambda cursor: _one(cursor, "SELECT pg_database_size(current_database())"),
        "sqlite": lambda cursor: _one(cursor, "PRAGMA page_count") * _one(cursor, "PRAGMA page_size"),
    }
    with connection.cursor() as cursor:
        return statements[connection.vendor](cursor)


def _one(cursor: Any, statement: str) -> int:
    cursor.execute(statement)
    return int(cursor.fetchone()[0])
