"""One's own account: the terms of work, everything that is kept, erasure, projects to join."""

from __future__ import annotations

from assay_client.call import Call, get, post
from assay_client.shapes import Json


def own_consent() -> Call[Json]:
    """The newest terms, and whether the caller has agreed to them."""
    return get("/me/consent")


def give_consent(version: int) -> Call[Json]:
    """Agree to the newest terms."""
    return post("/me/consent", {"version": version})


def own_record() -> Call[Json]:
    """Everything that is kept about the caller."""
    return get("/me/export")


def erase_account(waives: bool = False) -> Call[Json]:
    """Take away, for good, whatever identifies the caller; ``waives`` gives up what is still owed."""
    return post("/me/erase", {"waives": waives})


def open_projects() -> Call[Json]:
    """The projects that the caller may join."""
    return get("/me/projects/open")


def join(project: str) -> Call[Json]:
    """Enrol the caller on an open project."""
    return post(f"/projects/{project}/join")
