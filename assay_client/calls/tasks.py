"""Tasks and golds one by one: look, steer, decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from assay_client.call import Call, get, post, when
from assay_client.shapes import Json


def tasks(
    project: str,
    *,
    state: str | None = None,
    key: str | None = None,
    priority: int | None = None,
    has_dispute: bool | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    ordering: str | None = None,
    page_size: int | None = None,
) -> Call[Json]:
    """The project's tasks, golds left out."""
    return get(
        f"/projects/{project}/tasks",
        state=state,
        key=key,
        priority=priority,
        has_dispute=has_dispute,
        created_after=when(created_after),
        created_before=when(created_before),
        ordering=ordering,
        page_size=page_size,
    )


def task(project: str, task: str) -> Call[Json]:
    """A task with its consensus, leases, answers and events."""
    return get(f"/projects/{project}/tasks/{task}")


def set_priority(project: str, task: str, priority: int) -> Call[Json]:
    """Serve a task earlier or later."""
    return Call("PATCH", f"/projects/{project}/tasks/{task}", body={"priority": priority})


def cancel_task(project: str, task: str, reason: str = "") -> Call[Json]:
    """Give a task to nobody any more; what is lent out may still be submitted."""
    return post(f"/projects/{project}/tasks/{task}/cancel", {"reason": reason})


def extend_task(project: str, task: str, answers: int, reason: str = "") -> Call[Json]:
    """Ask for so many more answers of a task; a complete one opens again."""
    return post(f"/projects/{project}/tasks/{task}/extend", {"answers": answers, "reason": reason})


def override_task(project: str, task: str, value: Any, reason: str) -> Call[Json]:
    """Settle a task for good, whatever its consensus."""
    return post(f"/projects/{project}/tasks/{task}/override", {"value": value, "reason": reason})


def assignments(project: str, page_size: int | None = None) -> Call[Json]:
    """What is lent out now."""
    return get(f"/projects/{project}/assignments", page_size=page_size)


def expire_assignment(project: str, assignment: str, reason: str = "") -> Call[Json]:
    """Take a task back, as if the lease had run out; late work is kept."""
    return post(f"/projects/{project}/assignments/{assignment}/expire", {"reason": reason})


def golds(
    project: str,
    *,
    key: str | None = None,
    is_active: bool | None = None,
    ordering: str | None = None,
    page_size: int | None = None,
) -> Call[Json]:
    """The project's golds with their right labels."""
    return get(f"/projects/{project}/golds", key=key, is_active=is_active, ordering=ordering, page_size=page_size)


def correct_gold(project: str, task: str, labels: Sequence[str], reason: str) -> Call[Json]:
    """Set a gold's right labels anew; what followed from the old ones is put right."""
    return post(f"/projects/{project}/golds/{task}/correct", {"labels": list(labels), "reason": reason})


def retire_gold(project: str, task: str, reason: str = "") -> Call[Json]:
    """Show a gold to nobody any more."""
    return post(f"/projects/{project}/golds/{task}/retire", {"reason": reason})


def answer(project: str, answer: str) -> Call[Json]:
    """One answer: who answered what."""
    return get(f"/projects/{project}/answers/{answer}")


def adjudications(project: str, page_size: int | None = None) -> Call[Json]:
    """What experts and managers have decided, the newest first."""
    return get(f"/projects/{project}/adjudications", page_size=page_size)
