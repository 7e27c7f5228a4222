"""One's own account: the terms of work, everything that is kept, erasure, projects to join."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.views.base import AssayView, PostView
from crowd.models import ConsentText, User, Worker
from crowd.queries.consents import agreed_version, newest_text
from crowd.queries.offers import open_projects_for
from crowd.queries.personal_record import personal_record
from crowd.services.consents import give_consent
from crowd.services.erasure import erase_person
from crowd.services.idempotency import Outcome
from crowd.services.joining import join_project
from crowd.times import zulu_or_none


class ConsentInput(serializers.Serializer[Any]):
    """The version that the person has read and agrees to."""

    version = serializers.IntegerField(min_value=1)


class ConsentOutput(serializers.Serializer[Any]):
    """The newest terms; nothing is asked for where the version is null."""

    version = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    is_given = serializers.BooleanField(help_text="Whether the caller may work, as far as the terms go.")


class ErasureInput(serializers.Serializer[Any]):
    """What the person gives up with the account."""

    waives = serializers.BooleanField(
        required=False, default=False, help_text="Give up the money that is still owed; without, it stands against it."
    )


class ErasureOutput(serializers.Serializer[Any]):
    """It is done."""

    is_erased = serializers.BooleanField()


class OpenProjectOutput(serializers.Serializer[Any]):
    """A project that anybody with an account may join."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    instructions = serializers.CharField()
    price_micros = serializers.IntegerField()
    currency = serializers.CharField()


class JoinedOutput(serializers.Serializer[Any]):
    """The enrolment that there is now."""

    project = serializers.UUIDField()
    worker = serializers.UUIDField()
    trust_level = serializers.CharField()


class OwnConsentView(PostView):
    """The terms of work."""

    input_serializer = ConsentInput
    replies = {"GET": {200: ConsentOutput}, "POST": {201: ConsentOutput}}

    def get(self, request: Request) -> Response:
        """The newest text, and whether the caller has agreed to it."""
        return Response(consent_body(newest_text(), agreed_version(self.user(request).pk)))

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """Agree to the newest text."""
        version = self.parsed(request)["version"]
        consent = give_consent(user=self.user(request), version=version)
        return Outcome(201, consent_body(consent.text, version))


class OwnExportView(AssayView):
    """Everything about the caller."""

    replies = {"GET": {(200, "application/json"): {"type": "object"}}}

    def get(self, request: Request) -> StreamingHttpResponse:
        """One JSON object, a list for each kind of record."""
        return export_response(self.user(request), self.worker(request))


class EraseView(PostView):
    """The end of an account."""

    input_serializer = ErasureInput
    replies = {"POST": {200: ErasureOutput}}

    def act(self, request: Request, **kwargs: Any) -> Outcome:
        """Take away whatever identifies the caller; answers and books stay, under a pseudonym. For good."""
        erase_person(user=self.user(request), waives=self.parsed(request)["waives"])
        return Outcome(200, {"is_erased": True})


class OpenProjectsView(AssayView):
    """Projects to join."""

    replies = {"GET": {200: list_of(OpenProjectOutput)}}

    def get(self, request: Request) -> Response:
        """The live ones that are open to everybody and that the caller is not enrolled on, newest first."""
        rows = [
            {
                "id": str(row.uid),
                "name": row.name,
                "instructions": row.instructions,
                "price_micros": row.price_micros,
                "currency": row.currency,
            }
            for row in open_projects_for(self.user(request))
        ]
        return Response({"results": rows})


class JoinView(PostView):
    """An enrolment by oneself."""

    replies = {"POST": {201: JoinedOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Enrol the caller on an open project; again changes nothing."""
        row = join_project(worker=self.worker(request), project_uid=project)
        body = {"project": str(project), "worker": str(row.worker.uid), "trust_level": row.trust_level}
        return Outcome(201, body)


def consent_body(text: ConsentText | None, agreed: int) -> dict[str, Any]:
    """The newest terms, for one person."""
    return {
        "version": None if text is None else text.version,
        "text": "" if text is None else text.text,
        "published_at": None if text is None else zulu_or_none(text.published_at),
        "is_given": text is None or agreed >= text.version,
    }


def export_response(user: User, worker: Worker) -> StreamingHttpResponse:
    """The person's record as a file, written while it is read."""
    response = StreamingHttpResponse(_written(user, worker), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="assay-{user.uid}.json"'
    response["Cache-Control"] = "no-store"
    return response


def _written(user: User, worker: Worker) -> Iterator[bytes]:
    before = "{"
    for name, rows in personal_record(user, worker, made_at=timezone.now()):
        yield f"{before}\n{json.dumps(name)}: [".encode()
        before, between = ",", ""
        for row in rows:
            yield f"{between}\n  {json.dumps(row, ensure_ascii=False)}".encode()
            between = ","
        yield b"]"
    yield b"\n}\n"
