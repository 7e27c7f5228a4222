"""What every view of the API shares: who calls, which project, and repeats that are safe."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.permission_table import access_for
from api.permissions import HasScope
from crowd.enums import Role
from crowd.models import Project, User, Worker
from crowd.queries.access import project_for
from crowd.services.idempotency import Outcome, run_once
from crowd.services.versions import hold_version, version_of
from crowd.services.workers import worker_of_user

MAX_KEY_LENGTH = 200


class AssayView(APIView):
    """A view whose POST is `act`: with an Idempotency-Key it acts once, and repeats get the stored outcome.

    ``api.permission_table`` says who may call it. What comes in and goes out is said by the serializers below, which
    `api.schema` documents: of a body, of the query, and of each reply by method and status.
    """

    permission_classes = [HasScope]
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    input_serializer: ClassVar[type[serializers.Serializer[Any]] | None] = None
    query_serializer: ClassVar[type[serializers.Serializer[Any]] | None] = None
    replies: ClassVar[Mapping[str, Mapping[int, Any]]] = {}
    # Those that take If-Match: they replace a configuration whose GET brings an ETag.
    versioned_methods: ClassVar[tuple[str, ...]] = ()

    def perform_post(self, request: Request, **kwargs: Any) -> Response:
        """Run `act`, once per Idempotency-Key."""
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            outcome, is_replay = self.act(request, **kwargs), False
        else:
            outcome, is_replay = once_per_key(
                key=key,
                user=self.user(request),
                method=str(request.method),
                path=request.get_full_path(),
                body=request.data,
                act=lambda: self.act(request, **kwargs),
            )
        response = Response(outcome.body, status=outcome.status, headers=dict(outcome.headers))
        if is_replay:
            response["Idempotent-Replay"] = "true"
        return response

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """What the POST does."""
        raise NotImplementedError(f"{type(self).__name__} has no POST")

    def parsed(self, request: Request) -> dict[str, Any]:
        """The validated body."""
        assert self.input_serializer is not None
        serializer = self.input_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        validated: dict[str, Any] = serializer.validated_data
        return validated

    def user(self, request: Request) -> User:
        """The caller."""
        assert isinstance(request.user, User)
        return request.user

    def worker(self, request: Request) -> Worker:
        """The worker that the caller is."""
        return worker_of_user(self.user(request))

    def asked(self, request: Request) -> dict[str, Any]:
        """The validated query."""
        assert self.query_serializer is not None
        serializer = self.query_serializer(data=plain_query(request))
        serializer.is_valid(raise_exception=True)
        validated: dict[str, Any] = serializer.validated_data
        return validated

    def project(self, request: Request, project: uuid.UUID) -> Project:
        """The project of the address, if the caller has one of the roles on it that the permission table names."""
        return project_for(uid=project, user=self.user(request), roles=self.roles(request))

    def unchanged(self, request: Request, rows: QuerySet[Any], read: Callable[[], Any]) -> AbstractContextManager[None]:
        """Change inside what ``read`` shows, if it is what If-Match names; ``rows``: what else changes it must lock."""
        return hold_version(rows=rows, version=version_asked(request), read=read)

    def roles(self, request: Request) -> tuple[Role, ...]:
        """The roles that the permission table names for the call."""
        assert request.resolver_match is not None
        access = access_for(request.resolver_match.url_name, str(request.method))
        assert access is not None, "HasScope has let nothing past that is not in the table"
        return access.roles


def etag_of(shown: Any) -> dict[str, str]:
    """The header with the version of a configuration."""
    return {"ETag": f'"{version_of(shown)}"'}


def plain_query(request: Request) -> dict[str, str]:
    """The query without what is empty: read as a form, a filter that is not asked for would be one for false."""
    return {name: value for name, value in request.query_params.items() if value != ""}


def version_asked(request: Request) -> str | None:
    """The version that If-Match names; None without one. ``*`` matches whatever is there."""
    header = request.headers.get("If-Match", "").strip()
    return None if header in ("", "*") else header.removeprefix("W/").strip('"')


class PostView(AssayView):
    """A view that answers POST."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Act, once per Idempotency-Key."""
        return self.perform_post(request, **kwargs)


def once_per_key(
    *, key: str, user: User, method: str, path: str, body: Any, act: Callable[[], Outcome]
) -> tuple[Outcome, bool]:
    """The outcome of the first request with this Idempotency-Key, and whether this is a replay of it."""
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise ParseError(f"the Idempotency-Key must have 1 to {MAX_KEY_LENGTH} printable characters")
    request = f"{method} {path} {json.dumps(body, sort_keys=True)}"
    return run_once(user=user, key=key, request_digest=hashlib.sha256(request.encode()).hexdigest(), act=act)
