"""Courses: managers create them, workers go through them."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.courses import (
    CourseInput,
    CourseLineOutput,
    CourseOutput,
    OfferOutput,
    ProgressOutput,
    StartInput,
    StepInput,
    course_body,
    course_line_body,
    offer_body,
    progress_body,
)
from api.serializers.lists import list_of
from api.views.base import AssayView, PostView
from crowd.enums import CoursePart
from crowd.queries.courses import course_report, courses_for
from crowd.services.courses import create_course
from crowd.services.idempotency import Outcome
from crowd.services.training import answer_step, start_attempt


class ProjectCoursesView(PostView):
    """The courses of a project."""

    input_serializer = CourseInput
    replies = {"GET": {200: list_of(CourseLineOutput)}, "POST": {201: CourseOutput}}

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """With what came of them."""
        lines = course_report(self.project(request, project), timezone.now())
        return Response({"results": [course_line_body(line) for line in lines]})

    def act(self, request: Request, *, project: uuid.UUID, **kwargs: Any) -> Outcome:
        """Create one with its items."""
        row = self.project(request, project)
        serializer = CourseInput(data=request.data, context={"currency": row.currency})
        serializer.is_valid(raise_exception=True)
        course = create_course(project=row, plan=serializer.plan(), actor=self.user(request))
        return Outcome(201, course_body(course))


class OwnCoursesView(AssayView):
    """The courses that the worker may take."""

    replies = {"GET": {200: list_of(OfferOutput)}}

    def get(self, request: Request) -> Response:
        """With qualifications held, and why an exam cannot begin now."""
        offers = courses_for(self.worker(request), timezone.now())
        return Response({"results": [offer_body(offer) for offer in offers]})


class StartView(PostView):
    """A part of a course."""

    input_serializer = StartInput
    replies = {"POST": {200: ProgressOutput}}

    def act(self, request: Request, *, course: uuid.UUID, **kwargs: Any) -> Outcome:
        """Begin it, or go on where it was left."""
        part = CoursePart(self.parsed(request)["part"])
        return Outcome(200, progress_body(start_attempt(course_uid=course, worker=self.worker(request), part=part)))


class StepView(PostView):
    """The answer to an item."""

    input_serializer = StepInput
    replies = {"POST": {201: ProgressOutput, 200: ProgressOutput}}

    def act(self, request: Request, *, step: uuid.UUID, **kwargs: Any) -> Outcome:
        """Store it and show the next; 201 for a new answer, 200 for the same one again."""
        value = self.parsed(request)["value"]
        progress = answer_step(step_uid=step, worker=self.worker(request), value=value)
        return Outcome(200 if progress.is_replay else 201, progress_body(progress))
