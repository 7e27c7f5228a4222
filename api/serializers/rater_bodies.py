"""Raters, prompts and example pools as they go out."""

from __future__ import annotations

import uuid
from typing import Any

from crowd.models import (
    ExamplePool,
    PromptTemplate,
    PromptVersion,
    Rater,
    RaterBatch,
    RaterRun,
    VoteDetail,
    VoteFailure,
)
from crowd.policies.forecast import Forecast, Range
from crowd.queries.raters import PreviewRow, Progress
from crowd.services.rater_previews import Shown
from crowd.times import zulu, zulu_or_none


def rater_body(rater: Rater) -> dict[str, Any]:
    """A rater."""
    snapshot = getattr(rater, "snapshot", None)
    plain = ("name", "kind", "group", "key", "spec", "input_price_micros", "output_price_micros")
    limits = ("requests_per_minute", "tokens_per_minute", "concurrency", "timeout_seconds")
    batches = ("is_batched", "batch_discount_percent")
    return {
        "id": str(rater.uid),
        "worker": str(rater.worker.uid),
        "prompt": _uid(None if rater.prompt is None else rater.prompt.uid),
        "replaces": _uid(None if rater.replaces is None else rater.replaces.uid),
        "trained_on": None if snapshot is None else snapshot.trained_on,
        **{name: getattr(rater, name) for name in (*plain, *limits, *batches)},
        "created_at": zulu(rater.created_at),
    }


def version_body(version: PromptVersion, name: str) -> dict[str, Any]:
    """A version of a prompt."""
    return {
        "id": str(version.uid),
        "name": name,
        **{field: getattr(version, field) for field in ("version", "system", "user", "words")},
        "created_at": zulu(version.created_at),
    }


def prompt_body(prompt: PromptTemplate) -> dict[str, Any]:
    """A prompt with its versions, the newest first."""
    versions = sorted(prompt.versions.all(), key=lambda version: -version.version)
    return {
        "id": str(prompt.uid),
        "name": prompt.name,
        "versions": [version_body(version, prompt.name) for version in versions],
    }


def pool_body(pool: ExamplePool, labels: list[str]) -> dict[str, Any]:
    """A pool with its examples."""
    return {
        "id": str(pool.uid),
        "name": pool.name,
        "examples": [
            {"id": str(row.uid), "payload": row.payload, "label": labels[row.label_index]}
            for row in pool.examples.all()
        ],
    }


def range_body(found: Range | None) -> dict[str, float] | None:
    """A figure with its range."""
    return None if found is None else {"expected": found.expected, "low": found.low, "high": found.high}


def forecast_body(found: Forecast) -> dict[str, Any]:
    """A forecast."""
    return {
        "tasks": found.tasks,
        **{name: range_body(getattr(found, name)) for name in ("tokens", "cost_micros", "seconds")},
        "is_measured": found.is_measured,
        "sampled": found.sampled,
    }


def preview_body(run: RaterRun | None, shown: list[Shown], rows: list[PreviewRow], labels: list[str]) -> dict[str, Any]:
    """What will be asked, and what came of the last preview."""
    return {
        "state": "not_run" if run is None else run.state,
        "pause_reason": "" if run is None else run.pause_reason,
        "prompts": [
            {
                "task": str(row.task.uid),
                "messages": row.messages,
                "calls": row.calls,
                "tokens": row.tokens,
                "suspicions": row.suspicions,
            }
            for row in shown
        ],
        "tried": [_tried(row, labels) for row in rows],
    }


def run_body(progress: Progress) -> dict[str, Any]:
    """How a rater stands."""
    run = progress.run
    counts = ("votes", "abstentions", "failures", "cached", "cost_micros")
    return {
        "state": progress.state,
        "pause_code": "" if run is None else run.pause_code,
        "pause_reason": "" if run is None else run.pause_reason,
        **{name: 0 if run is None else getattr(run, name) for name in counts},
        "tasks_left": None if run is None else run.tasks_left,
        "seconds_left": range_body(progress.time_left),
        "batch": None if progress.batch is None else _batch_body(progress.batch),
    }


def _batch_body(batch: RaterBatch) -> dict[str, Any]:
    plain = ("state", "calls_made", "completed", "failed", "reserved_micros", "detail")
    return {
        "id": str(batch.uid),
        **{name: getattr(batch, name) for name in plain},
        "host_id": batch.remote_id,
        "host_status": batch.remote_status,
        "is_cancelled": batch.cancel_asked_at is not None,
        "created_at": zulu(batch.created_at),
        **{name: zulu_or_none(getattr(batch, name)) for name in ("submitted_at", "expires_at", "ended_at")},
    }


def failure_body(failure: VoteFailure) -> dict[str, Any]:
    """A vote that did not come about; the task by the requester's key."""
    return {
        "id": str(failure.uid),
        "task": failure.task.key,
        "reason": failure.reason,
        "detail": failure.detail,
        "created_at": zulu(failure.created_at),
        "retried_at": zulu_or_none(failure.retried_at),
    }


def vote_body(vote: VoteDetail) -> dict[str, Any]:
    """A vote; for managers, since it shows which tasks are gold."""
    plain = ("probabilities", "label_mass", "cost_micros", "latency_seconds", "is_cached")
    return {
        "task": vote.task.key,
        "is_gold": vote.assignment.is_gold,
        "label": None if vote.answer is None else vote.answer.value,
        "abstained_because": vote.cached_vote.abstained_because,
        **{name: getattr(vote, name) for name in plain},
        "created_at": zulu(vote.created_at),
    }


def _tried(row: PreviewRow, labels: list[str]) -> dict[str, Any]:
    cached = row.cached
    replies = [call.reply for call in row.calls if call.reply is not None]
    index = None if cached is None else cached.label_index
    return {
        "task": str(row.task.uid),
        "label": None if index is None else labels[index],
        "abstained_because": "" if cached is None else cached.abstained_because,
        "probabilities": None if cached is None else cached.probabilities,
        "label_mass": None if cached is None else cached.label_mass,
        "replies": [_said(reply) for reply in replies],
        "errors": [call.detail for call in row.calls if call.error],
        "cost_micros": sum(call.cost_micros for call in row.calls),
    }


def _said(reply: dict[str, Any]) -> str:
    try:
        return str(reply["choices"][0]["message"]["content"])
    except (KeyError, IndexError, TypeError):
        return ""


def _uid(uid: uuid.UUID | None) -> str | None:
    return None if uid is None else str(uid)
