"""Claims and submissions: what a worker sees, which is the same for gold and real tasks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput, money
from api.serializers.project import LabelOutput
from crowd.enums import AnswerType
from crowd.models import Assignment, Project
from crowd.queries.forms import form_of
from crowd.services.answers import Submission, SubmissionThenClaim
from crowd.services.assignments import Claim
from crowd.times import zulu


class SubmitInput(serializers.Serializer[Any]):
    """An answer; ``value`` must satisfy the schema of the project's answer type."""

    value = serializers.JSONField()
    # Whether the reply brings the worker's next task, claimed in the same transaction.
    next = serializers.BooleanField(required=False, default=False)


class SkipInput(serializers.Serializer[Any]):
    """Why a task is skipped."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


def assignment_body(assignment: Assignment) -> dict[str, Any]:
    """An assignment for its worker: nothing here depends on whether the task is gold."""
    project = assignment.project
    return {
        "id": str(assignment.uid),
        "project": str(project.uid),
        "deadline": zulu(assignment.deadline),
        "payload": assignment.task.payload,
        "answer_type": project.answer_type,
        "labels": project.labels,
        **answer_body_for(project, assignment.task.payload),
        "price": money(assignment.reserved_micros, project.currency),
    }


def answer_body_for(project: Project, payload: dict[str, Any]) -> dict[str, Any]:
    """What an answer to this payload must look like: the JSON schema of its value, with what a form needs besides."""
    form = form_of(project, payload)
    return {"answer_options": form.shown_options(), "answer_schema": form.schema()}


def claim_body(claim: Claim) -> dict[str, Any]:
    """A claim's reply."""
    body: dict[str, Any] = {"state": claim.state}
    if claim.assignment is not None:
        body["assignment"] = assignment_body(claim.assignment)
    if claim.retry_after_seconds is not None:
        body["retry_after_seconds"] = claim.retry_after_seconds
    return body


def submission_body(submission: Submission) -> dict[str, Any]:
    """A submission's reply."""
    answer = submission.answer
    return {
        "id": str(answer.uid),
        "state": "surplus" if answer.is_surplus else "accepted",
        "value": answer.value,
        "created_at": zulu(answer.created_at),
    }


def submission_then_claim_body(both: SubmissionThenClaim) -> dict[str, Any]:
    """A submission's reply with the next claim's under ``next``; a refusal there takes nothing from the answer."""
    if both.refusal is not None:
        refused = {"state": "refused", "code": both.refusal.code, "detail": both.refusal.detail}
        return submission_body(both.submission) | {"next": refused}
    assert both.claim is not None
    return submission_body(both.submission) | {"next": claim_body(both.claim)}


class AssignmentOutput(serializers.Serializer[Any]):
    """A task lent to a worker until the deadline."""

    id = serializers.UUIDField()
    project = serializers.UUIDField()
    deadline = serializers.DateTimeField()
    payload = serializers.DictField()
    answer_type = serializers.ChoiceField(AnswerType.choices)
    labels = LabelOutput(many=True)
    answer_options = serializers.DictField()
    answer_schema = serializers.DictField()
    price = MoneyOutput()
    suggestion = serializers.CharField(required=False, help_text="What a model says, where the project shows it.")


class ClaimOutput(serializers.Serializer[Any]):
    """``assigned`` with the assignment; ``wait``: others hold what is left; ``finished``: nothing will come."""

    state = serializers.ChoiceField(["assigned", "wait", "finished"])
    assignment = AssignmentOutput(required=False)
    retry_after_seconds = serializers.IntegerField(required=False, min_value=1)


class NextOutput(serializers.Serializer[Any]):
    """The next claim, or why it was refused: the answer is stored all the same."""

    state = serializers.ChoiceField(["assigned", "wait", "finished", "refused"])
    assignment = AssignmentOutput(required=False)
    retry_after_seconds = serializers.IntegerField(required=False, min_value=1)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class SubmissionOutput(serializers.Serializer[Any]):
    """The stored answer; ``surplus``: it came late, when its place was taken, and is kept."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(["accepted", "surplus"])
    value = serializers.JSONField()
    created_at = serializers.DateTimeField()
    suggestion = serializers.CharField(required=False, help_text="What a model said, where the project shows it after.")
    next = NextOutput(required=False)
