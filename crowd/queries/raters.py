"""Reads raters: those of a project, their progress, previews, failures, and the runs that are due."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from crowd.enums import CallBatchState, RaterRunKind, RaterRunState
from crowd.errors import NotFound
from crowd.models import (
    CachedVote,
    ExamplePool,
    Project,
    PromptTemplate,
    Rater,
    RaterBatch,
    RaterCall,
    RaterRun,
    Task,
    VoteDetail,
    VoteFailure,
)
from crowd.policies.forecast import Forecast, Range, Sample, forecast, time_left
from crowd.raters.verdicts import hash_payload

MOST_SAMPLED = 500
# In which hosts promise to answer a batch file.
BATCH_WINDOW = timedelta(hours=24)
DAY_SECONDS = BATCH_WINDOW.total_seconds()
# Calls in one file. Hosts take more; smaller ones lose less to a mishap.
MOST_IN_FILE = 5_000


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How a rater's votes stand; ``state`` is that of the run, or idle, or not_launched."""

    state: str
    run: RaterRun | None
    time_left: Range | None
    batch: RaterBatch | None = None


@dataclass(frozen=True)
class PreviewRow:
    """One task of a preview: what was asked and what came of it; ``cached`` None: nothing yet, or a failure."""

    task: Task
    calls: list[RaterCall]
    cached: CachedVote | None


def due_runs() -> QuerySet[RaterRun]:
    """Runs that somebody should work on now."""
    now = timezone.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    return RaterRun.objects.filter(free, state=RaterRunState.RUNNING, look_at__lte=now).order_by("look_at")


def raters_of(project: Project) -> QuerySet[Rater]:
    """A project's raters with their workers and prompts, the newest first."""
    return (
        Rater.objects.filter(project=project)
        .select_related("worker", "prompt__template", "project", "replaces", "snapshot")
        .order_by("-pk")
    )


def rater_of(project: Project, uid: uuid.UUID) -> Rater:
    """One of a project's raters. Raises NotFound."""
    rater = raters_of(project).filter(uid=uid).first()
    if rater is None:
        raise NotFound("there is no such rater in this project")
    return rater


def prompts_of(project: Project) -> QuerySet[PromptTemplate]:
    """A project's prompts with all versions."""
    return PromptTemplate.objects.filter(project=project).prefetch_related("versions").order_by("name")


def pools_of(project: Project) -> QuerySet[ExamplePool]:
    """A project's pools with their examples."""
    return ExamplePool.objects.filter(project=project).prefetch_related("examples").order_by("name")


def progress_of(rater: Rater) -> Progress:
    """How far a rater is, from the figures that its run keeps."""
    run = RaterRun.objects.filter(rater=rater, kind=RaterRunKind.VOTES).order_by("-pk").first()
    if run is None:
        return Progress(state="not_launched", run=None, time_left=None)
    is_idle = run.state == RaterRunState.RUNNING and run.tasks_left == 0
    done = run.votes + run.abstentions + run.failures
    left = None if run.tasks_left is None else time_left(left=run.tasks_left, done=done, busy_seconds=run.busy_seconds)
    batch = RaterBatch.objects.filter(rater=rater).order_by("-pk").first() if rater.is_batched else None
    if batch is not None and batch.ended_at is None:
        left = _batch_time_left(batch)
    return Progress(state="idle" if is_idle else run.state, run=run, time_left=left, batch=batch)


def _batch_time_left(batch: RaterBatch) -> Range | None:
    """By the pace of the calls that the host has done, at most until its time is over."""
    if batch.submitted_at is None:
        return None
    now = timezone.now()
    latest = batch.expires_at or batch.submitted_at + BATCH_WINDOW
    most = max(0.0, (latest - now).total_seconds())
    done = batch.completed + batch.failed
    elapsed = (now - batch.submitted_at).total_seconds()
    paced = time_left(left=max(0, batch.calls_made - done), done=done, busy_seconds=elapsed)
    if paced is None:
        return Range(most, 0.0, most)
    return Range(min(paced.expected, most), min(paced.low, most), min(paced.high, most))


def newest_preview(rater: Rater) -> RaterRun | None:
    """The rater's last preview."""
    return RaterRun.objects.filter(rater=rater, kind=RaterRunKind.PREVIEW).order_by("-pk").first()


def preview_rows(run: RaterRun) -> list[PreviewRow]:
    """The tasks of a preview, with the calls made and the verdicts."""
    tasks = list(Task.objects.filter(pk__in=run.task_ids).order_by("pk"))
    hashes = {task.pk: hash_payload(task.payload) for task in tasks}
    calls: dict[str, list[RaterCall]] = {found: [] for found in hashes.values()}
    for call in RaterCall.objects.filter(rater=run.rater_id, payload_hash__in=calls).order_by("pk"):
        calls[call.payload_hash].append(call)
    cached = {row.payload_hash: row for row in CachedVote.objects.filter(rater=run.rater_id, payload_hash__in=calls)}
    return [PreviewRow(task, calls[hashes[task.pk]], cached.get(hashes[task.pk])) for task in tasks]


def failures_of(rater: Rater) -> QuerySet[VoteFailure]:
    """Votes that did not come about, the newest first."""
    return VoteFailure.objects.filter(rater=rater).select_related("task").order_by("-pk")


def votes_of(rater: Rater) -> QuerySet[VoteDetail]:
    """A rater's votes and abstentions, with task and answer."""
    return VoteDetail.objects.filter(rater=rater).select_related("task", "assignment", "answer", "cached_vote")


def forecast_of(rater: Rater, *, tasks: int, guesses: list[Sample]) -> Forecast:
    """Cost and time of so many votes, from the calls made so far; from ``guesses`` where there are none."""
    newest = CachedVote.objects.filter(rater=rater, calls__gt=0).order_by("-pk")[:MOST_SAMPLED]
    measured = [
        Sample(
            calls=row.calls,
            tokens=row.input_tokens + row.output_tokens,
            cost_micros=_price(rater, row),
            seconds=row.latency_seconds,
        )
        for row in newest
    ]
    found = forecast(
        measured or guesses,
        tasks=tasks,
        is_measured=bool(measured),
        concurrency=rater.concurrency,
        requests_per_minute=rater.requests_per_minute,
        tokens_per_minute=rater.tokens_per_minute,
    )
    if not rater.is_batched:
        return found
    files = max(1, math.ceil(tasks * max(1.0, _mean_calls(measured or guesses)) / MOST_IN_FILE))
    return replace(found, seconds=Range(*(share * files for share in (_batch_seconds(rater), 0.0, DAY_SECONDS))))


def _price(rater: Rater, row: CachedVote) -> float:
    """What a vote costs on the way that votes take: a preview of a batched rater was asked at the full price."""
    if not rater.is_batched:
        return row.cost_micros
    full = row.input_tokens * rater.input_price_micros + row.output_tokens * rater.output_price_micros
    return full / 1_000_000 * (100 - rater.batch_discount_percent) / 100


def _mean_calls(samples: list[Sample]) -> float:
    return sum(sample.calls for sample in samples) / len(samples)


def _batch_seconds(rater: Rater) -> float:
    """How long this rater's files have taken; the host's whole promise where none has come back."""
    ended = RaterBatch.objects.filter(rater=rater, state=CallBatchState.ENDED, submitted_at__isnull=False)
    times = ended.values_list("submitted_at", "ended_at")
    taken = [(end - began).total_seconds() for began, end in times if began is not None and end is not None]
    return sum(taken) / len(taken) if taken else DAY_SECONDS
