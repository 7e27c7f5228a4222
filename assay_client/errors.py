"""AssayError: what the server refused, with its stable code, in a class per kind of refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class FieldError:
    """One field that the server refused: ``pointer`` is a JSON pointer into the request's body."""

    pointer: str
    detail: str


class AssayError(Exception):
    """The server said no, or could not be reached (then ``status`` is 0 and ``code`` is "unreachable").

    ``code`` is stable, so decide on it; ``detail`` is a sentence for people; ``errors`` names the fields.
    """

    def __init__(self, code: str, status: int, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        self.code = code
        self.status = status
        self.detail = detail
        self.errors = errors
        fields = "; ".join(f"{error.pointer}: {error.detail}" for error in errors)
        super().__init__(f"{detail} [{code}, {status}]" + (f" ({fields})" if fields else ""))

    @classmethod
    def from_response(cls, response: httpx.Response) -> AssayError:
        """Read a problem+json body; a body of any other kind is quoted instead."""
        try:
            body = response.json()
        except ValueError:
            body = None
        kind = _kind(response.status_code)
        if not isinstance(body, dict):
            said = " ".join(response.text.split())[:200] or response.reason_phrase
            return kind("not_problem_json", response.status_code, f"the server answered without problem+json: {said}")
        return kind(
            str(body.get("code") or "unknown"),
            response.status_code,
            str(body.get("detail") or body.get("title") or response.reason_phrase),
            tuple(_field_errors(body.get("errors"))),
        )


class Unreachable(AssayError):
    """No attempt got a reply."""


class InvalidInput(AssayError):
    """400, 422: the request is wrong; ``errors`` says where."""


class NotAuthenticated(AssayError):
    """401: the key is unknown, expired or revoked."""


class Forbidden(AssayError):
    """403: the key does not reach this far, or the worker may not work here."""


class NotFound(AssayError):
    """404: there is no such thing, or not for this key."""


class Conflict(AssayError):
    """409: the state of things forbids it, such as a lease that has ended."""


class Changed(AssayError):
    """412: somebody else has changed it since it was read."""


class Throttled(AssayError):
    """429: too many requests, also after waiting."""


class ServerFailed(AssayError):
    """5xx: the server could not do it, also after waiting."""


_KINDS: dict[int, type[AssayError]] = {
    400: InvalidInput,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Changed,
    422: InvalidInput,
    429: Throttled,
}


def _kind(status: int) -> type[AssayError]:
    return ServerFailed if status >= 500 else _KINDS.get(status, AssayError)


def _field_errors(errors: Any) -> list[FieldError]:
    if not isinstance(errors, list):
        return []
    return [
        FieldError(str(error.get("pointer", "")), str(error.get("detail", "")))
        for error in errors
        if isinstance(error, dict)
    ]
