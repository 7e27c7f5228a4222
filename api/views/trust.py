"""Trust: levels by hand, previews, rules, requirements, the health of the golds."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.serializers.reports import ChangeOutput, change_body
from api.serializers.trust import (
    RequirementsInput,
    RuleInput,
    RuleNameInput,
    RulePreviewInput,
    TrustInput,
    TrustPreviewInput,
    health_body,
    preview_body,
    requirements_body,
    rule_body,
)
from api.serializers.trust_outputs import GoldHealthOutput, PreviewOutput, RequirementsOutput, RuleOutput
from api.views.base import AssayView, PostView, etag_of
from crowd.enums import TrustLevel
from crowd.models import Project
from crowd.policies.rule_bodies import read_rule
from crowd.queries.gold_health import gold_health
from crowd.queries.previews import preview_rule, preview_trust
from crowd.queries.rules import requirements_of, rules_of
from crowd.services.eligibility import set_requirements
from crowd.services.idempotency import Outcome
from crowd.services.rules import retire_rule, set_rule
from crowd.services.trust_terms import set_trust


class WorkerTrustView(PostView):
    """A worker's level."""

    input_serializer = TrustInput
    replies = {"POST": {201: ChangeOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """Set it by hand, with a reason that the worker is shown."""
        row = self.project(request, project)
        body = self.parsed(request)
        change = set_trust(
            project=row,
            worker_uid=worker,
            level=TrustLevel(body["level"]),
            reason=body["reason"],
            days=body["days"],
            actor=self.user(request),
        )
        return Outcome(201, change_body(change))


class TrustPreviewView(PostView):
    """The ladder of trust, tried on past golds."""

    input_serializer = TrustPreviewInput
    replies = {"POST": {200: PreviewOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Whom it would have hit; nothing is changed."""
        row = self.project(request, project)
        serializer = TrustPreviewInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        days = serializer.validated_data["days"]
        preview = preview_trust(project=row, rule=serializer.rule(), now=timezone.now(), days=days)
        return Outcome(200, preview_body(preview))


class RulesView(PostView):
    """A project's rules."""

    input_serializer = RuleInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: list_of(RuleOutput)}, "POST": {201: RuleOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Every version of every rule, the newest first."""
        rules = _rules(self.project(request, project))
        return Response({"results": rules}, headers=etag_of(rules))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Keep a rule: its next version, from now on the active one."""
        row = self.project(request, project)
        body = self.parsed(request)
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: _rules(row)):
            rule = set_rule(project=row, name=body["name"], body=body["body"], actor=self.user(request))
        return Outcome(201, rule_body(rule), headers=etag_of(_rules(row)))


class RulePreviewView(PostView):
    """A rule, tried on past data."""

    input_serializer = RulePreviewInput
    replies = {"POST": {200: PreviewOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Whom it would have hit; nothing is changed."""
        row = self.project(request, project)
        body = self.parsed(request)
        preview = preview_rule(project=row, body=read_rule(body["body"]), now=timezone.now(), days=body["days"])
        return Outcome(200, preview_body(preview))


class RuleRetireView(PostView):
    """The end of a rule."""

    input_serializer = RuleNameInput
    versioned_methods = ("POST",)
    replies = {"POST": {200: RuleOutput}}

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Let it fire no more."""
        row, name = self.project(request, project), self.parsed(request)["name"]
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: _rules(row)):
            rule = retire_rule(project=row, name=name, actor=self.user(request))
        return Outcome(200, rule_body(rule), headers=etag_of(_rules(row)))


class RequirementsView(PostView):
    """What a project asks of its workers."""

    input_serializer = RequirementsInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: RequirementsOutput}, "POST": {200: RequirementsOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """As it stands; empty where nothing is asked."""
        body = requirements_body(requirements_of(self.project(request, project)))
        return Response(body, headers=etag_of(body))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Replace it."""
        row = self.project(request, project)
        serializer = RequirementsInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        rows = Project.objects.filter(pk=row.pk)
        with self.unchanged(request, rows, lambda: requirements_body(requirements_of(row))):
            found = requirements_body(set_requirements(project=row, asked=serializer.asked(), actor=self.user(request)))
        return Outcome(200, found, headers=etag_of(found))


class GoldHealthView(AssayView):
    """Whether the golds can be trusted."""

    replies = {"GET": {200: GoldHealthOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Stock, use, leaks, wrong labels."""
        return Response(health_body(gold_health(self.project(request, project))))


def _rules(project: Project) -> list[dict[str, Any]]:
    return [rule_body(rule) for rule in rules_of(project)]
