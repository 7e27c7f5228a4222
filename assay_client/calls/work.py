"""A worker's calls."""

from __future__ import annotations

from typing import Any, cast

from assay_client.call import Call, get, post
from assay_client.shapes import Assignment, Claim, Json, Submission, SubmissionThenClaim


def _claim(reply: Any) -> Claim:
    return cast("Claim", reply)


def _assignment(reply: Any) -> Assignment:
    return cast("Assignment", reply)


def _submission(reply: Any) -> Submission:
    return cast("Submission", reply)


def _both(reply: Any) -> SubmissionThenClaim:
    return cast("SubmissionThenClaim", reply)


def claim(project: str) -> Call[Claim]:
    """Borrow a task; a worker who holds one gets the same one again."""
    return Call("POST", f"/projects/{project}/claim", body={}, read=_claim)


def submit(assignment: str, value: Any) -> Call[Submission]:
    """Answer a borrowed task."""
    return Call("POST", f"/assignments/{assignment}/submit", body={"value": value}, read=_submission)


def submit_and_next(assignment: str, value: Any) -> Call[SubmissionThenClaim]:
    """Answer a borrowed task and borrow the next in one call; its claim is under ``next``."""
    return Call("POST", f"/assignments/{assignment}/submit", body={"value": value, "next": True}, read=_both)


def renew(assignment: str) -> Call[Assignment]:
    """A full lease from now on."""
    return Call("POST", f"/assignments/{assignment}/renew", body={}, read=_assignment)


def release(assignment: str) -> Call[Json]:
    """Give a task back; it may come again."""
    return post(f"/assignments/{assignment}/release")


def skip(assignment: str, reason: str = "") -> Call[Json]:
    """Decline a task; it will not come again."""
    return post(f"/assignments/{assignment}/skip", {"reason": reason})


def own_courses() -> Call[Json]:
    """The courses that the worker may take."""
    return get("/courses")


def start_course(course: str, part: str) -> Call[Json]:
    """Begin the ``training`` or the ``exam`` of a course, or go on where it was left."""
    return post(f"/courses/{course}/start", {"part": part})


def answer_step(step: str, value: Any) -> Call[Json]:
    """Answer an item of a course; the reply holds the next."""
    return post(f"/steps/{step}/answer", {"value": value})
