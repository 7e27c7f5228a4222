"""Whose keys there are, who manages a project, who works on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assay_client.call import Call, get, given, post, when
from assay_client.shapes import Json


def keys() -> Call[Json]:
    """The owner's API keys without their text, ended ones too, the newest first."""
    return get("/keys")


def create_key(name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> Call[Json]:
    """Make a key that reaches no further than the one used; its text is in this reply alone."""
    return post("/keys", given(name=name, scopes=list(scopes), expires_at=when(expires_at)))


def revoke_key(key: str) -> Call[Json]:
    """End a key now."""
    return post(f"/keys/{key}/revoke")


def rotate_key(key: str, overlap_hours: int | None = None) -> Call[Json]:
    """Make a key in place of one, which works for ``overlap_hours`` more."""
    return post(f"/keys/{key}/rotate", given(overlap_hours=overlap_hours))


def members(project: str, page_size: int | None = None) -> Call[Json]:
    """Who has a role on the project."""
    return get(f"/projects/{project}/members", page_size=page_size)


def set_member(project: str, email: str, role: str) -> Call[Json]:
    """Give the account of an address a role, in place of those that it has."""
    return post(f"/projects/{project}/members", {"email": email, "role": role})


def member(project: str, member: str) -> Call[Json]:
    """A member with the role."""
    return get(f"/projects/{project}/members/{member}")


def change_member(project: str, member: str, role: str) -> Call[Json]:
    """Give a member another role."""
    return Call("PATCH", f"/projects/{project}/members/{member}", body={"role": role})


def remove_member(project: str, member: str) -> Call[None]:
    """Take a member's roles away."""
    return Call("DELETE", f"/projects/{project}/members/{member}")


def workers(
    project: str,
    *,
    kind: str | None = None,
    level: str | None = None,
    vote: str | None = None,
    ordering: str | None = None,
    page_size: int | None = None,
) -> Call[Json]:
    """The project's workers."""
    return get(
        f"/projects/{project}/workers", kind=kind, level=level, vote=vote, ordering=ordering, page_size=page_size
    )


def block_worker(project: str, worker: str, reason: str, days: int | None = None) -> Call[Json]:
    """Suspend a worker, with a reason that the worker is shown."""
    return post(f"/projects/{project}/workers/{worker}/block", given(reason=reason, days=days))


def unblock_worker(project: str, worker: str, reason: str) -> Call[Json]:
    """Let a worker begin anew."""
    return post(f"/projects/{project}/workers/{worker}/unblock", {"reason": reason})


def grant_qualification(
    project: str, worker: str, course: str, reason: str = "", days: int | None = None
) -> Call[Json]:
    """Let a worker pass for one who has passed the course."""
    body = given(course=course, reason=reason, days=days)
    return post(f"/projects/{project}/workers/{worker}/qualifications", body)


def revoke_qualification(project: str, worker: str, course: str, reason: str = "") -> Call[Json]:
    """End a qualification now."""
    body = {"course": course, "reason": reason}
    return post(f"/projects/{project}/workers/{worker}/qualifications/revoke", body)


def worker_report(project: str, worker: str) -> Call[Json]:
    """Skill by source of evidence, pace, flags, decisions, what follows for access and pay."""
    return get(f"/projects/{project}/workers/{worker}/report")


def worker_report_file(project: str, worker: str) -> Call[Json]:
    """The report as CSV; for `download`."""
    return get(f"/projects/{project}/workers/{worker}/report.csv")
