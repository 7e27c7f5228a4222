"""Holds replies of the API against its document, for tests."""

from __future__ import annotations

import copy
import re
from functools import cache, lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from api.schema import openapi


@lru_cache(maxsize=1)
def strict_document() -> dict[str, Any]:
    """The document, in which no object may hold what it does not name."""
    document = copy.deepcopy(openapi())
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema and not name.endswith("Input"):
            schema.setdefault("additionalProperties", False)
    return document


@lru_cache(maxsize=1)
def addresses() -> list[tuple[re.Pattern[str], str]]:
    """Each address of the document, as a pattern for a path; those without parameters first."""
    paths = sorted(strict_document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in paths]


def operation_of(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The documented address and operation of a call; None where the document has none."""
    for pattern, address in addresses():
        operation = strict_document()["paths"][address].get(method.lower())
        if operation is not None and pattern.fullmatch(path):
            return address, operation
    return None


def breaches(method: str, path: str, status: int, media_type: str, body: Any) -> list[str]:
    """In what the reply differs from the document; empty where it does not, or where the address is not the API's."""
    found = operation_of(method, path.split("?")[0])
    if found is None or status == 405:
        return []
    address, operation = found
    reply = operation["responses"].get(str(status))
    if reply is None:
        return [f"{method} {address} answers {status}, which its document does not name"]
    if "$ref" in reply:
        reply = strict_document()["components"]["responses"][reply["$ref"].rsplit("/", 1)[1]]
    content = reply.get("content", {})
    if not content:
        return []
    if media_type not in content:
        return [f"{method} {address} {status} is {media_type}, the document says {', '.join(content)}"]
    return [
        f"{method} {address} {status} at /{'/'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
        for error in _validator(address, method.lower(), str(status), media_type).iter_errors(body)
    ]


@cache
def _validator(address: str, method: str, status: str, media_type: str) -> Draft202012Validator:
    document = strict_document()
    reply = document["paths"][address][method]["responses"][status]
    if "$ref" in reply:
        reply = document["components"]["responses"][reply["$ref"].rsplit("/", 1)[1]]
    return Draft202012Validator(
        {**reply["content"][media_type]["schema"], "components": document["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
