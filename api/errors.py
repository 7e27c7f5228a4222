"""Turns every error into problem+json (RFC 9457), in one place."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from crowd import errors

logger = logging.getLogger(__name__)

STATUS_OF: dict[type[errors.DomainError], int] = {
    errors.NotFound: status.HTTP_404_NOT_FOUND,
    errors.InvalidInput: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.InvalidAnswer: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.ChangedMeanwhile: status.HTTP_412_PRECONDITION_FAILED,
    errors.InProgress: status.HTTP_409_CONFLICT,
    errors.KeyReused: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.ProjectClosed: status.HTTP_409_CONFLICT,
    errors.StaleLease: status.HTTP_409_CONFLICT,
    errors.AlreadySubmitted: status.HTTP_409_CONFLICT,
    errors.Conflict: status.HTTP_409_CONFLICT,
    errors.Expired: status.HTTP_410_GONE,
    errors.PayUnderFloor: status.HTTP_409_CONFLICT,
    errors.AppealExists: status.HTTP_409_CONFLICT,
    errors.BudgetExhausted: status.HTTP_409_CONFLICT,
    errors.WorkerSuspended: status.HTTP_403_FORBIDDEN,
    errors.NotEnrolled: status.HTTP_403_FORBIDDEN,
    errors.ConsentNeeded: status.HTTP_403_FORBIDDEN,
    errors.NotEligible: status.HTTP_403_FORBIDDEN,
}


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001  DRF's signature
    """The response for an exception; None lets Django answer 500."""
    if isinstance(error, errors.DomainError):
        problems = [{"pointer": problem.pointer, "detail": problem.detail} for problem in error.problems]
        response = _problem(STATUS_OF[type(error)], error.code, error.detail, problems)
        if isinstance(error, errors.InProgress):
            response["Retry-After"] = "1"
        return response
    if isinstance(error, (OperationalError, InterfaceError)):
        # Gone, starting, full, or it broke off a transaction: whether it was committed, a repeat finds out.
        logger.warning("the database could not serve a call: %s", error)
        response = _problem(
            status.HTTP_503_SERVICE_UNAVAILABLE, "database_away", "the database is away; repeat the call"
        )
        response["Retry-After"] = "1"
        return response
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, SuspiciousOperation):
        # Too many parameters, too large a body: Django would answer with a page.
        error = exceptions.ParseError(f"the request cannot be read: {error}")
    if isinstance(error, exceptions.ValidationError):
        problems = list(_flatten(error.detail, ""))
        return _problem(status.HTTP_422_UNPROCESSABLE_ENTITY, "invalid_input", "the input has problems", problems)
    if isinstance(error, exceptions.APIException):
        response = _problem(error.status_code, str(error.default_code), _sentence(error.detail))
        if error.status_code == status.HTTP_401_UNAUTHORIZED:
            response["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
        if isinstance(error, exceptions.Throttled) and error.wait is not None:
            response["Retry-After"] = str(int(error.wait) + 1)
        return response
    return None


def _problem(code_number: int, code: str, detail: str, problems: list[dict[str, str]] | None = None) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:assay:problem:{code}",
        "title": code.replace("_", " "),
        "status": code_number,
        "detail": detail,
        "code": code,
    }
    if problems:
        body["errors"] = problems
    return Response(body, status=code_number, content_type="application/problem+json")


def _flatten(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flatten(inner, pointer if key == "non_field_errors" else f"{pointer}/{key}")
    elif isinstance(detail, list):
        for i, inner in enumerate(detail):
            if isinstance(inner, (dict, list)):
                yield from _flatten(inner, f"{pointer}/{i}")
            else:
                yield {"pointer": pointer or "/", "detail": str(inner)}
    else:
        yield {"pointer": pointer or "/", "detail": str(detail)}


def _sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        return str(detail.get("detail", detail))
    return str(detail)
