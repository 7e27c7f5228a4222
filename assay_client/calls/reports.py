"""What a project has found out, and what waits for an expert."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from assay_client.call import Call, get, post, when
from assay_client.shapes import Json


def consensus(
    project: str,
    page_size: int | None = None,
    *,
    state: str | None = None,
    task_key: str | None = None,
    confidence_below: float | None = None,
    ordering: str | None = None,
) -> Call[Json]:
    """The consensus of every task."""
    return get(
        f"/projects/{project}/consensus",
        page_size=page_size,
        state=state,
        task_key=task_key,
        confidence_below=confidence_below,
        ordering=ordering,
    )


def answers(
    project: str,
    page_size: int | None = None,
    *,
    worker: str | None = None,
    task_key: str | None = None,
    is_gold: bool | None = None,
    is_surplus: bool | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    ordering: str | None = None,
) -> Call[Json]:
    """Every answer, gold and surplus ones marked."""
    return get(
        f"/projects/{project}/answers",
        page_size=page_size,
        worker=worker,
        task_key=task_key,
        is_gold=is_gold,
        is_surplus=is_surplus,
        created_after=when(created_after),
        created_before=when(created_before),
        ordering=ordering,
    )


def events(
    project: str,
    *,
    kind: str | None = None,
    worker: str | None = None,
    subject: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    ordering: str | None = None,
    page_size: int | None = None,
) -> Call[Json]:
    """What happened, the newest first."""
    return get(
        f"/projects/{project}/events",
        kind=kind,
        worker=worker,
        subject=subject,
        after=when(after),
        before=when(before),
        ordering=ordering,
        page_size=page_size,
    )


def items(project: str) -> Call[Json]:
    """Where the items of comparisons stand, the best first, with intervals."""
    return get(f"/projects/{project}/items")


def agreement(project: str) -> Call[Json]:
    """Coefficients per group of workers, each with its interval."""
    return get(f"/projects/{project}/agreement")


def agreement_by(project: str, view: str, *, min_shared: int | None = None, models: bool | None = None) -> Call[Json]:
    """Agreement by ``label``, ``worker``, ``pair``, ``task``, ``week`` or ``kind``, measured now."""
    return get(f"/projects/{project}/agreement/{view}", min_shared=min_shared, models=models)


def agreement_difference(project: str, at: datetime) -> Call[Json]:
    """Agreement before and after a moment, with the interval of the difference."""
    return get(f"/projects/{project}/agreement/difference", at=at.isoformat())


def agreement_precision(project: str, half_width: float) -> Call[Json]:
    """Alpha with both intervals, and the tasks that an interval of ``half_width`` needs."""
    return get(f"/projects/{project}/agreement/precision", half_width=half_width)


def adaptive(project: str) -> Call[Json]:
    """What stopping early saves, measured on audited tasks."""
    return get(f"/projects/{project}/adaptive")


def disputes(project: str) -> Call[Json]:
    """The tasks that wait for an expert, the most telling first."""
    return get(f"/projects/{project}/disputes")


def decide(project: str, task: str, value: Any, reason: str = "") -> Call[Json]:
    """Settle a disputed task for good."""
    return post(f"/projects/{project}/disputes/{task}/decide", {"value": value, "reason": reason})
