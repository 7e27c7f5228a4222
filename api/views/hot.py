"""Serves claim and submit to callers with a key as plain views: the replies of `work` at a fraction of the CPU."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from api.auth import key_text, worker_log_in
from api.errors import problem_response
from api.parsers import StrictJSONParser
from api.serializers.work import SubmitInput
from api.throttles import check_rate
from api.views.base import once_per_key
from api.views.work import ClaimView, SubmitView, claim_outcome, submit_outcome
from crowd.models import User, Worker
from crowd.services.idempotency import Outcome

_claim = ClaimView.as_view()
_submit = SubmitView.as_view()
_parser = StrictJSONParser()


@csrf_exempt
def claim(request: HttpRequest, project: uuid.UUID) -> HttpResponse:
    """The worker's next task."""
    if not is_hot(request):
        return _claim(request, project=project)
    return _served(request, lambda worker: claim_outcome(worker, project))


@csrf_exempt
def submit(request: HttpRequest, assignment: uuid.UUID) -> HttpResponse:
    """The answer to an assignment."""
    if not is_hot(request):
        return _submit(request, assignment=assignment)
    return _served(request, lambda worker: submit_outcome(worker, assignment, _valid(_parsed(request))))


# For the API's document: what they answer is what these views answer.
claim.cls, claim.initkwargs = ClaimView, {}  # type: ignore[attr-defined]
submit.cls, submit.initkwargs = SubmitView, {}  # type: ignore[attr-defined]


def is_hot(request: HttpRequest) -> bool:
    """Whether it is a POST of JSON with a key; a session, another method, a form are in DRF's hands."""
    return (
        request.method == "POST"
        and "HTTP_AUTHORIZATION" in request.META
        and request.content_type in ("application/json", "")
    )


def _served(request: HttpRequest, act: Callable[[Worker], Outcome]) -> HttpResponse:
    try:
        key = key_text(request)
        log_in = worker_log_in(key or "")
        check_rate(log_in.user.pk, "work")
        outcome, is_replay = _once(request, log_in.user, lambda: act(log_in.worker))
    except Exception as error:
        problem = problem_response(error, {})
        if problem is None:
            raise
        response = _json(problem.data, problem.status_code, "application/problem+json")
        for name, header in problem.items():
            if name != "Content-Type":
                response[name] = header
        return response
    response = _json(outcome.body, outcome.status, "application/json")
    if is_replay:
        response["Idempotent-Replay"] = "true"
    return response


def _once(request: HttpRequest, user: User, act: Callable[[], Outcome]) -> tuple[Outcome, bool]:
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not key:
        return act(), False
    return once_per_key(key=key, user=user, method="POST", path=request.get_full_path(), body=_parsed(request), act=act)


def _parsed(request: HttpRequest) -> Any:
    return _parser.parse(BytesIO(request.body))


def _valid(body: Any) -> dict[str, Any]:
    is_plain = isinstance(body, dict) and body.get("value") is not None and isinstance(body.get("next", False), bool)
    if is_plain:
        return {"value": body["value"], "next": body.get("next", False)}
    serializer = SubmitInput(data=body)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


def _json(body: Any, status: int, content_type: str) -> HttpResponse:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(raw, status=status, content_type=content_type)
