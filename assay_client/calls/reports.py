"""What a project has found out, and what it owes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from assay_client.call import Call, get, post
from assay_client.shapes import Json


def consensus(project: str, page_size: int | None = None) -> Call[Json]:
    """The consensus of every task."""
    return get(f"/projects/{project}/consensus", page_size=page_size)


def answers(project: str, page_size: int | None = None) -> Call[Json]:
    """Every answer, gold and surplus ones marked."""
    return get(f"/projects/{project}/answers", page_size=page_size)


def agreement(project: str) -> Call[Json]:
    """Coefficients per group of workers, each with its interval."""
    return get(f"/projects/{project}/agreement")


def agreement_by(project: str, view: str, **options: Any) -> Call[Json]:
    """Agreement by ``label``, ``worker``, ``pair``, ``task``, ``week`` or ``kind``, measured now."""
    return get(f"/projects/{project}/agreement/{view}", **options)


def agreement_difference(project: str, at: datetime) -> Call[Json]:
    """Agreement before and after a moment, with the interval of the difference."""
    return get(f"/projects/{project}/agreement/difference", at=at.isoformat())


def agreement_precision(project: str, half_width: float) -> Call[Json]:
    """Alpha with both intervals, and the tasks that an interval of ``half_width`` needs."""
    return get(f"/projects/{project}/agreement/precision", half_width=half_width)


def adaptive(project: str) -> Call[Json]:
    """What stopping early saves, measured on audited tasks."""
    return get(f"/projects/{project}/adaptive")


def payouts(project: str) -> Call[Json]:
    """What every worker is owed, the total, and whether the ledger balances."""
    return get(f"/projects/{project}/payouts")


def disputes(project: str) -> Call[Json]:
    """The tasks that wait for an expert, the most telling first."""
    return get(f"/projects/{project}/disputes")


def decide(project: str, task: str, value: Any, reason: str = "") -> Call[Json]:
    """Settle a disputed task for good."""
    return post(f"/projects/{project}/disputes/{task}/decide", {"value": value, "reason": reason})
