"""Prompts with their versions, and pools of examples."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.serializers.rater_bodies import pool_body, prompt_body, version_body
from api.serializers.raters import (
    ExamplesInput,
    PoolOutput,
    PromptInput,
    PromptOutput,
    PromptVersionOutput,
)
from api.views.base import AssayView, PostView, etag_of
from crowd.models import Project
from crowd.queries.raters import pools_of, prompts_of
from crowd.services.idempotency import Outcome
from crowd.services.prompts import add_examples, add_prompt_version, delete_example


class PromptsView(PostView):
    """The prompts of a project."""

    input_serializer = PromptInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: list_of(PromptOutput)}, "POST": {201: PromptVersionOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """All of them with all versions."""
        prompts = _prompts(self.project(request, project))
        return Response({"results": prompts}, headers=etag_of(prompts))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Keep the next version of the prompt of that name; versions are never changed."""
        row = self.project(request, project)
        serializer = PromptInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: _prompts(row)):
            version = add_prompt_version(project=row, name=name, text=serializer.text(), actor=self.user(request))
        return Outcome(201, version_body(version, name), headers=etag_of(_prompts(row)))


class ExamplePoolsView(PostView):
    """The example pools of a project."""

    input_serializer = ExamplesInput
    replies = {"GET": {200: list_of(PoolOutput)}, "POST": {201: PoolOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """All of them with their examples."""
        row = self.project(request, project)
        return Response({"results": [pool_body(pool, row.label_values) for pool in pools_of(row)]})

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Add examples to the pool of that name, all or none; no gold can be one."""
        row = self.project(request, project)
        serializer = ExamplesInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        pool = add_examples(project=row, pool=name, examples=serializer.rows(), actor=self.user(request))
        return Outcome(201, pool_body(pool, row.label_values))


class ExampleView(AssayView):
    """One example."""

    replies = {"DELETE": {204: None}}

    def delete(self, request: Request, project: uuid.UUID, example: uuid.UUID) -> Response:
        """Take it out of its pool, unless a rater shows it."""
        delete_example(project=self.project(request, project), example_uid=example)
        return Response(status=204)


def _prompts(project: Project) -> list[dict[str, Any]]:
    return [prompt_body(row) for row in prompts_of(project)]
