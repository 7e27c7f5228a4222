"""Parses request bodies strictly: what the database cannot store or JSON does not know is refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 64


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN, without NUL characters or lone surrogates, at most 64 levels deep."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; ParseError says what is wrong and where."""
        raw = stream.read()
        try:
            value = json.loads(raw.decode("utf-8") or "{}", parse_constant=_refuse_constant)
        except UnicodeDecodeError as error:
            raise ParseError(f"the body is not UTF-8: byte {error.start} cannot be read") from error
        except json.JSONDecodeError as error:
            raise ParseError(
                f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
            ) from error
        except ValueError as error:
            # Python reads no whole number of thousands of digits: that would take it minutes.
            raise ParseError("the body holds a number with too many digits") from error
        except RecursionError as error:
            raise ParseError(f"the body is nested deeper than {MAX_DEPTH} levels") from error
        _check(value, "", 0)
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"the body holds {name}, which is not a JSON number")


def _check(value: Any, pointer: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ParseError(f"the body is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        if "\0" in value:
            raise ParseError(f"{pointer or '/'} holds a NUL character; remove it")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ParseError(f"{pointer or '/'} holds half of a surrogate pair; send valid Unicode")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, f"{pointer}/{key[:40]}", depth)
            _check(inner, f"{pointer}/{key[:40]}", depth + 1)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            _check(inner, f"{pointer}/{i}", depth + 1)
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ParseError(f"{pointer or '/'} is too large for a number")
