"""AssayError: what the server refused, with its stable code."""

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
        if not isinstance(body, dict):
            said = " ".join(response.text.split())[:200] or response.reason_phrase
            return cls("not_problem_json", response.status_code, f"the server answered without problem+json: {said}")
        return cls(
            str(body.get("code") or "unknown"),
            response.status_code,
            str(body.get("detail") or body.get("title") or response.reason_phrase),
            tuple(_field_errors(body.get("errors"))),
        )


def _field_errors(errors: Any) -> list[FieldError]:
    if not isinstance(errors, list):
        return []
    return [
        FieldError(str(error.get("pointer", "")), str(error.get("detail", "")))
        for error in errors
        if isinstance(error, dict)
    ]
