"""Work: claim, submit, renew, release, skip."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request

from api.serializers.lists import StateOutput
from api.serializers.work import (
    AssignmentOutput,
    ClaimOutput,
    SkipInput,
    SubmissionOutput,
    SubmitInput,
    assignment_body,
    claim_body,
    submission_body,
    submission_then_claim_body,
)
from api.views.base import PostView
from crowd.models import Worker
from crowd.services.answers import Submission, submit_and_claim, submit_answer
from crowd.services.assignments import Claim, claim_task, release_assignment, renew_assignment, skip_assignment
from crowd.services.idempotency import Outcome
from crowd.services.suggestions import suggestion_after, suggestion_before


class ClaimView(PostView):
    """The worker's next task; with a key, `hot` serves it."""

    replies = {"POST": {200: ClaimOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """The live assignment, a new one, or why there is none."""
        return claim_outcome(self.worker(request), project)


class SubmitView(PostView):
    """The answer to an assignment; with a key, `hot` serves it."""

    input_serializer = SubmitInput
    replies = {"POST": {201: SubmissionOutput, 200: SubmissionOutput}}

    def act(self, request: Request, *, assignment: uuid.UUID, **kwargs: Any) -> Outcome:
        """Store it; 201 for a new answer, 200 for the same one again; with ``next`` the next task comes along."""
        return submit_outcome(self.worker(request), assignment, self.parsed(request))


class RenewView(PostView):
    """More time."""

    replies = {"POST": {200: AssignmentOutput}}

    def act(self, request: Request, *, assignment: uuid.UUID, **kwargs: Any) -> Outcome:
        """A full lease from now on."""
        return Outcome(200, assignment_body(renew_assignment(assignment_uid=assignment, worker=self.worker(request))))


class ReleaseView(PostView):
    """Gives a task back."""

    replies = {"POST": {200: StateOutput}}

    def act(self, request: Request, *, assignment: uuid.UUID, **kwargs: Any) -> Outcome:
        """It may come again."""
        row = release_assignment(assignment_uid=assignment, worker=self.worker(request))
        return Outcome(200, {"id": str(row.uid), "state": row.state})


class SkipView(PostView):
    """Declines a task."""

    input_serializer = SkipInput
    replies = {"POST": {200: StateOutput}}

    def act(self, request: Request, *, assignment: uuid.UUID, **kwargs: Any) -> Outcome:
        """It will not come again."""
        reason = self.parsed(request)["reason"]
        row = skip_assignment(assignment_uid=assignment, worker=self.worker(request), reason=reason)
        return Outcome(200, {"id": str(row.uid), "state": row.state})


def claim_outcome(worker: Worker, project: uuid.UUID) -> Outcome:
    """What a claim answers."""
    claim = claim_task(project_uid=project, worker=worker)
    return Outcome(200, suggesting(claim_body(claim), claim, worker))


def submit_outcome(worker: Worker, assignment: uuid.UUID, parsed: dict[str, Any]) -> Outcome:
    """What a submit answers; ``parsed`` is a valid `SubmitInput`."""
    value = parsed["value"]
    if parsed.get("next"):
        both = submit_and_claim(assignment_uid=assignment, worker=worker, value=value)
        body = submission_then_claim_body(both)
        if both.claim is not None:
            suggesting(body["next"], both.claim, worker)
        return Outcome(200 if both.submission.is_replay else 201, comparing(body, both.submission, worker))
    submission = submit_answer(assignment_uid=assignment, worker=worker, value=value)
    body = comparing(submission_body(submission), submission, worker)
    return Outcome(200 if submission.is_replay else 201, body)


def suggesting(body: dict[str, Any], claim: Claim, worker: Worker) -> dict[str, Any]:
    """A claim's reply with a model's suggestion, where the project shows them before."""
    if claim.assignment is not None:
        label = suggestion_before(assignment=claim.assignment, worker=worker)
        if label is not None:
            body["assignment"]["suggestion"] = label
    return body


def comparing(body: dict[str, Any], submission: Submission, worker: Worker) -> dict[str, Any]:
    """A submission's reply with what a model said, where the project shows it after."""
    label = suggestion_after(answer=submission.answer, worker=worker)
    return body if label is None else body | {"suggestion": label}
