"""Describes the API as OpenAPI 3.1, from what views, serializers and the permission table say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.urls import get_resolver
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from api.examples import example_of, replies
from api.permission_table import PUBLIC, access_for

PREFIX = "/api/v1/"
# The first of these in an address says under which heading it stands.
HEADINGS = (
    *("keys", "models", "tasks", "golds", "workers", "members", "assignments", "steps", "courses", "answers"),
    *("consensus", "agreement", "disputes", "trust", "rules", "events", "payouts", "webhooks", "imports", "exports"),
    *("raters", "prompts", "example-pools", "examples"),
)
ETAG = {"schema": {"type": "string"}, "description": "The version of the configuration, for If-Match."}
PROBLEM = {"$ref": "#/components/schemas/Problem"}
# What may be refused, by status: all of them are problem+json with a stable code.
REFUSALS = {
    400: "The request cannot be read: not JSON, not UTF-8, a malformed header.",
    401: "No key or session, or one that is unknown, expired or revoked.",
    403: "The key lacks the scope, or the caller may not do this now.",
    404: "There is no such thing, or not for this caller.",
    409: "What is there does not allow it: the code says what.",
    410: "It was there, and has been thrown away.",
    412: "The configuration has changed since it was read (If-Match).",
    415: "The body is not JSON.",
    422: "The input breaks a rule; each problem points at its field.",
    429: "Too many calls; Retry-After says when to come back.",
    503: "The database is away; Retry-After says when to come back.",
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = "api.auth.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A bearer token; ``Authorization: Token KEY`` does as well."""
        return {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer assay_…`."}


class AssaySchema(AutoSchema):
    """Reads `input_serializer`, `query_serializer`, `replies` and the docstrings of a view."""

    def get_operation_id(self) -> str:
        """The method with the name of the address: ``post_tasks``."""
        return f"{self.method.lower()}_{self._name().removeprefix('api-').replace('-', '_')}"

    def get_tags(self) -> list[str]:
        """One heading."""
        segments = self.path.removeprefix(PREFIX).split("/")
        if segments[-1] == "claim":
            return ["assignments"]
        return [next((segment for segment in segments if segment in HEADINGS), "projects")]

    def get_summary(self) -> str:
        """The first sentence of what the method says about itself."""
        return re.split(r"(?<=[.;])\s", self._words(), maxsplit=1)[0].rstrip(".;")

    def get_description(self) -> str:
        """All that the method says, with what the call needs."""
        access = access_for(self._name(), self.method)
        needs = []
        if access is not None and access.scope is not None:
            needs.append(f"Scope: `{access.scope}`.")
        if access is not None and access.roles:
            needs.append(f"Role: {', '.join(access.roles)}.")
        return "\n\n".join(part for part in (self._words(), " ".join(needs)) if part)

    def get_override_parameters(self) -> list[Any]:
        """The query as its serializer has it, with the headers that every POST and PATCH takes."""
        query = getattr(self.view, "query_serializer", None)
        found: list[Any] = [query] if query is not None and self.method == "GET" else []
        if self.method == "POST" and hasattr(self.view, "post_query_serializer"):
            found.append(self.view.post_query_serializer)
        if self.method == "POST":
            found.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
                    OpenApiParameter.HEADER,
                    description="Makes the call safe to repeat: the same key and body get the first outcome.",
                )
            )
        if self.method in getattr(self.view, "versioned_methods", ()):
            found.append(
                OpenApiParameter(
                    "If-Match",
                    {"type": "string"},
                    OpenApiParameter.HEADER,
                    description="The ETag of the configuration that was read; 412 when it has changed since.",
                )
            )
        return found

    def get_request_serializer(self) -> Any:
        """What the body must be; an empty object where nothing is asked."""
        if self.method == "PATCH":
            return self.view.patch_serializer
        return getattr(self.view, "input_serializer", None) or {"application/json": {"type": "object"}}

    def get_response_serializers(self) -> Any:
        """The replies that the view names, with what may be refused."""
        named = getattr(self.view, "replies", {}).get(self.method)
        return {
            code: OpenApiResponse(
                serializer, description=_description(code[0] if isinstance(code, tuple) else int(code))
            )
            for code, serializer in (named or {200: {"type": "object"}}).items()
        }

    def get_operation(self, *args: Any) -> Any:
        """The operation with examples and refusals."""
        operation = super().get_operation(*args)
        if operation is None:
            return None
        for code in self._refused():
            operation["responses"].setdefault(str(code), {"$ref": f"#/components/responses/Refused{code}"})
        if getattr(self.view, "versioned_methods", ()):
            for code, reply in operation["responses"].items():
                if code in ("200", "201"):
                    reply["headers"] = {"ETag": ETAG}
        _show_example(operation)
        return operation

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: str) -> str:
        """`ProjectOutput` is a Project; what comes in keeps its suffix."""
        name = type(serializer).__name__
        return f"{name.removesuffix('Serializer')}Input" if name.endswith("Serializer") else name.removesuffix("Output")

    def map_parsers(self) -> list[str]:
        """JSON only, unless the view says otherwise."""
        return [parser.media_type for parser in self.view.get_parsers()]

    def _refused(self) -> list[int]:
        access = access_for(self._name(), self.method)
        if access == PUBLIC:
            return []
        codes = [400, 401, 403, 429, 503]
        if "{" in self.path:
            codes.append(404)
        if self.method != "GET":
            codes += [409, 415, 422]
        elif getattr(self.view, "query_serializer", None) is not None:
            codes.append(422)
        if self.method in getattr(self.view, "versioned_methods", ()):
            codes.append(412)
        codes += getattr(self.view, "get_refusals", ()) if self.method == "GET" else ()
        return sorted(codes)

    def _words(self) -> str:
        method = getattr(self.view, "act" if self.method == "POST" else self.method.lower(), None)
        return " ".join((getattr(method, "__doc__", None) or type(self.view).__doc__ or "").split())

    def _name(self) -> str:
        return _names().get(self.path.removeprefix(PREFIX), "")


def _show_example(operation: dict[str, Any]) -> None:
    example, reply = example_of(operation["operationId"]), replies().get(operation["operationId"], {})
    if example.body is not None:
        operation["requestBody"]["content"][example.media_type]["example"] = example.body
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query" and parameter["name"] in example.query:
            parameter["example"] = example.query[parameter["name"]]
    if "body" in reply:
        operation["responses"][str(reply["status"])]["content"]["application/json"]["example"] = reply["body"]


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document of all addresses; made once a process."""
    document: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return document


def add_problem(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:  # noqa: ARG001  a hook's signature
    """Add the shape of every refusal; a postprocessing hook of drf-spectacular."""
    result["components"]["responses"] = {
        f"Refused{code}": {"description": words, "content": {"application/problem+json": {"schema": PROBLEM}}}
        for code, words in REFUSALS.items()
    }
    retry = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}}
    for code in (429, 503):
        result["components"]["responses"][f"Refused{code}"]["headers"] = retry
    result["components"].setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "description": "RFC 9457, with a stable `code`.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON pointer to the field."},
                        "detail": {"type": "string"},
                    },
                },
            },
        },
    }
    return result


def _description(code: int) -> str:
    return {200: "Done.", 201: "Created.", 202: "Accepted: it will be done soon.", 204: "Done; no body."}[code]


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Address, as OpenAPI writes it, to its name."""
    found: dict[str, str] = {}
    resolver = get_resolver("api.urls")
    for pattern in resolver.url_patterns:
        found[re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))] = str(getattr(pattern, "name", ""))
    return found
