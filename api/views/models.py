"""Models: their gate, promotions and demotions, prevalence, certificates, the anchoring audit."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.lists import list_of
from api.serializers.models import (
    AnchoringOutput,
    DemoteInput,
    FigureOutput,
    LimitInput,
    ModelsOutput,
    NextRatersOutput,
    PromoteInput,
    SampleInput,
    SampleOutput,
    TermsInput,
    TermsOutput,
    VoteChangeOutput,
    anchoring_body,
    figure_body,
    models_body,
    next_raters_body,
    terms_body,
    vote_change_body,
)
from api.views.base import AssayView, PostView, etag_of, plain_query
from crowd.enums import VoteState
from crowd.models import Project
from crowd.queries.anchoring import anchoring_report
from crowd.queries.model_votes import gate_terms
from crowd.queries.models_report import models_report
from crowd.queries.next_raters import next_steps
from crowd.services.gate_terms import set_gate_terms
from crowd.services.idempotency import Outcome
from crowd.services.prevalence import draw_prevalence_sample
from crowd.services.vote_states import demote_model, promote_model


class ModelsView(AssayView):
    """A project's models."""

    replies = {"GET": {200: ModelsOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """State, tests, calibration, agreement and worth of each, as the newest review found them."""
        row = self.project(request, project)
        return Response(models_body(models_report(row), gate_terms(row)))


class ModelTermsView(PostView):
    """How the project treats its models."""

    input_serializer = TermsInput
    versioned_methods = ("POST",)
    replies = {"GET": {200: TermsOutput}, "POST": {200: TermsOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """As they stand, or the defaults."""
        body = terms_body(gate_terms(self.project(request, project)))
        return Response(body, headers=etag_of(body))

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Change what is given, keep the rest."""
        row = self.project(request, project)
        body = self.parsed(request)
        suggester = body.pop("suggester", None)
        with self.unchanged(request, Project.objects.filter(pk=row.pk), lambda: terms_body(gate_terms(row))):
            terms = terms_body(
                set_gate_terms(project=row, changes=body, suggester_uid=suggester, actor=self.user(request))
            )
        return Outcome(200, terms, headers=etag_of(terms))


class PromoteView(PostView):
    """A model's way up."""

    input_serializer = PromoteInput
    replies = {"POST": {201: VoteChangeOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """Confirm the state that the newest review proposes; without a proposal it is refused."""
        row = self.project(request, project)
        reason = self.parsed(request)["reason"]
        change = promote_model(project=row, worker_uid=worker, reason=reason, actor=self.user(request))
        return Outcome(201, vote_change_body(change))


class DemoteView(PostView):
    """A model's way down."""

    input_serializer = DemoteInput
    replies = {"POST": {201: VoteChangeOutput}}

    def act(self, request: Request, *, project: uuid.UUID, worker: uuid.UUID, **kwargs: Any) -> Outcome:
        """Take it down by hand, with a reason."""
        row = self.project(request, project)
        body = self.parsed(request)
        change = demote_model(
            project=row,
            worker_uid=worker,
            state=VoteState(body["state"]),
            reason=body["reason"],
            voids_decisions=body["voids_decisions"],
            actor=self.user(request),
        )
        return Outcome(201, vote_change_body(change))


class PrevalenceView(PostView):
    """How common each label is, by people's sample and a model's votes."""

    input_serializer = SampleInput
    replies = {"GET": {200: list_of(FigureOutput)}, "POST": {201: SampleOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Per model the estimates with their intervals, or what is missing."""
        report = models_report(self.project(request, project))
        return Response({"results": [figure_body(line, "prevalence") for line in report.lines]})

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Draw the sample by lot; its tasks are served to people first."""
        row = self.project(request, project)
        tasks = self.parsed(request)["tasks"]
        chance = draw_prevalence_sample(project=row, tasks=tasks, actor=self.user(request))
        return Outcome(201, {"tasks": tasks, "inclusion_probability": chance})


class CertificateView(AssayView):
    """From which confidence each model may decide alone."""

    replies = {"GET": {200: list_of(FigureOutput)}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """The certificates at the project's terms, or about how many more tasks they need."""
        report = models_report(self.project(request, project))
        return Response({"results": [figure_body(line, "certificate") for line in report.lines]})


class NextRatersView(AssayView):
    """Whom it pays to ask next about the tasks in most doubt."""

    query_serializer = LimitInput
    replies = {"GET": {200: NextRatersOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """A person, a model, an adjudicator or nobody, by the expected gain per money; null without prices."""
        row = self.project(request, project)
        query = LimitInput(data=plain_query(request))
        query.is_valid(raise_exception=True)
        return Response(next_raters_body(next_steps(row, query.validated_data["limit"])))


class AnchoringView(AssayView):
    """How far suggestions move people."""

    replies = {"GET": {200: AnchoringOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Measured against the share that was held out by lot, over all and by suggested label."""
        return Response(anchoring_body(anchoring_report(self.project(request, project))))
