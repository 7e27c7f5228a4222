"""Raters: managers set them up, preview, launch, pause and resume them, read their progress and failures."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.pagination import PageInput, page_body
from api.serializers.lists import list_of, page_of
from api.serializers.rater_bodies import failure_body, forecast_body, preview_body, rater_body, run_body, vote_body
from api.serializers.raters import (
    FailureOutput,
    FailuresInput,
    RaterForecastOutput,
    RaterInput,
    RaterOutput,
    RaterPreviewInput,
    RaterPreviewOutput,
    RetriedOutput,
    RunOutput,
    VoteOutput,
)
from api.views.base import AssayView, PostView
from crowd.models import Rater
from crowd.queries.raters import failures_of, newest_preview, preview_rows, progress_of, rater_of, raters_of, votes_of
from crowd.services.idempotency import Outcome
from crowd.services.rater_previews import forecast_rater, show_prompts
from crowd.services.rater_renewal import renew_rater
from crowd.services.rater_runs import (
    cancel_batch,
    launch_rater,
    pause_rater,
    preview_rater,
    resume_rater,
    retry_failures,
)
from crowd.services.raters import create_rater, retrain_classifier

SHOWN = 3


class RatersView(PostView):
    """The raters of a project: models, classifiers, labelling functions."""

    input_serializer = RaterInput
    replies = {"GET": {200: list_of(RaterOutput)}, "POST": {201: RaterOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """All of them, the newest first."""
        return Response({"results": [rater_body(row) for row in raters_of(self.project(request, project))]})

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Set one up: a worker of its own, in the shadow, not yet at work."""
        row = self.project(request, project)
        serializer = RaterInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        rater = create_rater(project=row, new=serializer.plan(), actor=self.user(request))
        return Outcome(201, rater_body(rater))


class RaterBaseView(PostView):
    """What every view of one rater shares."""

    def rater(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Rater:
        """The rater of the address."""
        return rater_of(self.project(request, project), rater)


class RaterView(AssayView):
    """One rater."""

    replies = {"GET": {200: RaterOutput}}

    def get(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Response:
        """As it was set up."""
        return Response(rater_body(rater_of(self.project(request, project), rater)))


class RaterPreviewView(RaterBaseView):
    """A rater, tried on a few tasks."""

    input_serializer = RaterPreviewInput
    replies = {"GET": {200: RaterPreviewOutput}, "POST": {202: RaterPreviewOutput}}

    def get(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Response:
        """What it will be asked about real tasks, and what it said in the last preview."""
        return Response(_preview(self.rater(request, project, rater)))

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Ask it about some real tasks, without a vote; what it says is kept for the votes to come."""
        row = self.rater(request, project, rater)
        preview_rater(rater=row, tasks=self.parsed(request)["tasks"], actor=self.user(request))
        return Outcome(202, _preview(row))


class RaterForecastView(AssayView):
    """What a rater's votes will cost."""

    replies = {"GET": {200: RaterForecastOutput}}

    def get(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Response:
        """Cost and time for every task there is, as ranges; measured once a preview has run."""
        return Response(forecast_body(forecast_rater(rater=rater_of(self.project(request, project), rater))))


class RaterLaunchView(RaterBaseView):
    """Puts a rater to work."""

    replies = {"POST": {200: RunOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Let it vote on every task there is and every task that comes; its votes stay in the shadow."""
        row = self.rater(request, project, rater)
        launch_rater(rater=row, actor=self.user(request))
        return Outcome(200, run_body(progress_of(row)))


class RaterPauseView(RaterBaseView):
    """Pauses a rater."""

    replies = {"POST": {200: RunOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Make no more calls; those in the air are waited for."""
        row = self.rater(request, project, rater)
        pause_rater(rater=row, actor=self.user(request))
        return Outcome(200, run_body(progress_of(row)))


class RaterResumeView(RaterBaseView):
    """Resumes a rater."""

    replies = {"POST": {200: RunOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Go on where it was."""
        row = self.rater(request, project, rater)
        resume_rater(rater=row, actor=self.user(request))
        return Outcome(200, run_body(progress_of(row)))


class RaterProgressView(AssayView):
    """How far a rater is."""

    replies = {"GET": {200: RunOutput}}

    def get(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Response:
        """Votes, abstentions, failures, cost, and the time left as a range."""
        return Response(run_body(progress_of(rater_of(self.project(request, project), rater))))


class RaterFailuresView(AssayView):
    """Votes that did not come about."""

    query_serializer = FailuresInput
    replies = {"GET": {200: page_of(FailureOutput)}}

    def get(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Response:
        """With their reasons, the newest first."""
        rows = failures_of(rater_of(self.project(request, project), rater))
        asked = self.asked(request)
        if "reason" in asked:
            rows = rows.filter(reason=asked["reason"])
        return Response(page_body(rows, request, asked, failure_body, order="-id"))


class RaterVotesView(AssayView):
    """A rater's votes."""

    query_serializer = PageInput
    replies = {"GET": {200: page_of(VoteOutput)}}

    def get(self, request: Request, project: uuid.UUID, rater: uuid.UUID) -> Response:
        """With label probabilities, cost and latency, abstentions included."""
        rows = votes_of(rater_of(self.project(request, project), rater))
        return Response(page_body(rows, request, self.asked(request), vote_body))


class RaterRetryView(RaterBaseView):
    """Another try for failed votes."""

    replies = {"POST": {202: RetriedOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Ask anew about every task whose vote failed."""
        row = self.rater(request, project, rater)
        return Outcome(202, {"retried": retry_failures(rater=row, actor=self.user(request))})


class RaterRetrainView(RaterBaseView):
    """A classifier, trained anew."""

    replies = {"POST": {201: RaterOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Train it on what people have settled by now: a new rater with a record of its own takes over."""
        row = self.rater(request, project, rater)
        return Outcome(201, rater_body(retrain_classifier(rater=row, actor=self.user(request))))


class RaterRenewView(RaterBaseView):
    """A rater whose endpoint serves another model."""

    replies = {"POST": {201: RaterOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """Go on with the model that answers now: a new rater, in the shadow, with a record of its own takes over."""
        row = self.rater(request, project, rater)
        return Outcome(201, rater_body(renew_rater(rater=row, actor=self.user(request))))


class RaterBatchCancelView(RaterBaseView):
    """Ends a batch file early."""

    replies = {"POST": {202: RunOutput}}

    def act(self, request: Request, *, project: uuid.UUID, rater: uuid.UUID, **kwargs: Any) -> Outcome:
        """What the host has done by then is read and paid for; the rest is listed as failed, and the rater pauses."""
        row = self.rater(request, project, rater)
        cancel_batch(rater=row, actor=self.user(request))
        return Outcome(202, run_body(progress_of(row)))


def _preview(rater: Rater) -> dict[str, Any]:
    run = newest_preview(rater)
    rows = [] if run is None else preview_rows(run)
    return preview_body(run, show_prompts(rater=rater, tasks=SHOWN), rows, rater.project.label_values)
