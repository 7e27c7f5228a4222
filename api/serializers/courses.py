"""Courses: what managers send, what workers see, in exams nothing of what was right."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers.money import MoneyOutput, MoneySerializer, money
from api.serializers.project import LabelOutput
from api.serializers.work import answer_body_for
from crowd.enums import AnswerType, AttemptState, CoursePart, CoursePay
from crowd.models import Course, Step
from crowd.queries.courses import CourseLine, CourseOffer
from crowd.services.courses import CoursePlan, NewItem
from crowd.services.training import Progress
from crowd.times import zulu, zulu_or_none

MAX_ITEMS = 1000


class ItemInput(serializers.Serializer[Any]):
    """One thing to judge, with every right label and the reason."""

    key = serializers.CharField(max_length=200)
    payload = serializers.DictField()
    labels = serializers.ListField(child=serializers.JSONField())
    reason = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class CourseInput(serializers.Serializer[Any]):
    """A course to create; prices an item in the project's currency."""

    name = serializers.CharField(max_length=120)
    training = ItemInput(many=True, required=False, max_length=MAX_ITEMS)
    exam = ItemInput(many=True, max_length=MAX_ITEMS)
    good_accuracy = serializers.FloatField(min_value=0, max_value=1, required=False)
    bad_accuracy = serializers.FloatField(min_value=0, max_value=1, required=False)
    alpha = serializers.FloatField(min_value=0, max_value=1, required=False)
    beta = serializers.FloatField(min_value=0, max_value=1, required=False)
    max_items = serializers.IntegerField(min_value=1, max_value=500, required=False)
    pay = serializers.ChoiceField(CoursePay.choices, required=False)
    training_price = MoneySerializer(required=False)
    exam_price = MoneySerializer(required=False)
    max_attempts = serializers.IntegerField(min_value=1, max_value=100, required=False)
    retry_after_seconds = serializers.IntegerField(min_value=0, max_value=365 * 24 * 3600, required=False)
    valid_days = serializers.IntegerField(min_value=1, max_value=3650, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Prices are in the project's currency."""
        for name in ("training_price", "exam_price"):
            if name in attrs and attrs[name]["currency"] != self.context["currency"]:
                raise serializers.ValidationError({name: {"currency": [f"give {self.context['currency']}"]}})
        return attrs

    def plan(self) -> CoursePlan:
        """The validated body as the service takes it."""
        fields: dict[str, Any] = dict(self.validated_data)
        for part in ("training", "exam"):
            fields[part] = tuple(NewItem(**{**item, "labels": tuple(item["labels"])}) for item in fields.get(part, ()))
            price = fields.pop(f"{part}_price", None)
            if price:
                fields[f"{part}_price_micros"] = price["amount"]
        return CoursePlan(**fields)


class StartInput(serializers.Serializer[Any]):
    """Which part to begin."""

    part = serializers.ChoiceField(CoursePart.choices)


class StepInput(serializers.Serializer[Any]):
    """The answer to an item; ``value`` must satisfy the schema of the project's answer type."""

    value = serializers.JSONField()


def course_body(course: Course) -> dict[str, Any]:
    """A course for its managers."""
    currency = course.project.currency
    return {
        "id": str(course.uid),
        "name": course.name,
        "good_accuracy": course.good_accuracy,
        "bad_accuracy": course.bad_accuracy,
        "alpha": course.alpha,
        "beta": course.beta,
        "max_items": course.max_items,
        "pay": course.pay,
        "training_price": money(course.training_price_micros, currency),
        "exam_price": money(course.exam_price_micros, currency),
        "max_attempts": course.max_attempts,
        "retry_after_seconds": course.retry_after_seconds,
        "valid_days": course.valid_days,
        "is_active": course.is_active,
        "created_at": zulu(course.created_at),
    }


def course_line_body(line: CourseLine) -> dict[str, Any]:
    """A course with what came of it."""
    return {
        **course_body(line.course),
        "training_items": line.training_items,
        "exam_items": line.exam_items,
        "exams": {"passed": line.passed, "failed": line.failed, "abandoned": line.abandoned},
        "qualified_workers": line.qualified,
    }


def offer_body(offer: CourseOffer) -> dict[str, Any]:
    """A course for a worker."""
    course, held = offer.course, offer.qualification
    retry_at = None if offer.obstacle is None else offer.obstacle.retry_at
    expires_at = None if held is None else held.expires_at
    return {
        "id": str(course.uid),
        "project": str(course.project.uid),
        "name": course.name,
        "has_training": offer.has_training,
        "is_qualified": held is not None,
        "qualified_until": zulu_or_none(expires_at),
        "running": None if offer.running is None else offer.running.part,
        "exam_obstacle": None if offer.obstacle is None else offer.obstacle.reason,
        "exam_again_at": zulu_or_none(retry_at),
    }


def progress_body(progress: Progress) -> dict[str, Any]:
    """Where an attempt stands; in an exam nothing here depends on what was right while it runs."""
    attempt = progress.attempt
    body: dict[str, Any] = {
        "attempt": str(attempt.uid),
        "part": attempt.part,
        "state": attempt.state,
        "answered": attempt.right + attempt.wrong,
        "next": None if progress.step is None else _step_body(progress.step, attempt.course),
    }
    if progress.feedback is not None:
        feedback = progress.feedback
        body["feedback"] = {"is_right": feedback.is_right, "labels": feedback.labels, "reason": feedback.reason}
    return body


def _step_body(step: Step, course: Course) -> dict[str, Any]:
    project = course.project
    return {
        "id": str(step.uid),
        "payload": step.item.payload,
        "answer_type": project.answer_type,
        "labels": project.labels,
        **answer_body_for(project, step.item.payload),
        "price": money(step.reserved_micros, project.currency),
    }


class CourseOutput(serializers.Serializer[Any]):
    """A course, for its managers."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    good_accuracy = serializers.FloatField()
    bad_accuracy = serializers.FloatField()
    alpha = serializers.FloatField()
    beta = serializers.FloatField()
    max_items = serializers.IntegerField()
    pay = serializers.ChoiceField(CoursePay.choices)
    training_price = MoneyOutput()
    exam_price = MoneyOutput()
    max_attempts = serializers.IntegerField()
    retry_after_seconds = serializers.IntegerField()
    valid_days = serializers.IntegerField(allow_null=True)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ExamCountsOutput(serializers.Serializer[Any]):
    """How exams ended."""

    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    abandoned = serializers.IntegerField()


class CourseLineOutput(CourseOutput):
    """A course with what came of it."""

    training_items = serializers.IntegerField()
    exam_items = serializers.IntegerField()
    exams = ExamCountsOutput()
    qualified_workers = serializers.IntegerField()


class OfferOutput(serializers.Serializer[Any]):
    """A course, for a worker."""

    id = serializers.UUIDField()
    project = serializers.UUIDField()
    name = serializers.CharField()
    has_training = serializers.BooleanField()
    is_qualified = serializers.BooleanField()
    qualified_until = serializers.DateTimeField(allow_null=True)
    running = serializers.ChoiceField(CoursePart.choices, allow_null=True)
    exam_obstacle = serializers.CharField(allow_null=True)
    exam_again_at = serializers.DateTimeField(allow_null=True)


class StepOutput(serializers.Serializer[Any]):
    """One item to judge."""

    id = serializers.UUIDField()
    payload = serializers.DictField()
    answer_type = serializers.ChoiceField(AnswerType.choices)
    labels = LabelOutput(many=True)
    answer_options = serializers.DictField()
    answer_schema = serializers.DictField()
    price = MoneyOutput()


class FeedbackOutput(serializers.Serializer[Any]):
    """What was right, and why: in training only."""

    is_right = serializers.BooleanField()
    labels = serializers.ListField(child=serializers.JSONField())
    reason = serializers.CharField(allow_blank=True)


class ProgressOutput(serializers.Serializer[Any]):
    """Where an attempt stands."""

    attempt = serializers.UUIDField()
    part = serializers.ChoiceField(CoursePart.choices)
    state = serializers.ChoiceField(AttemptState.choices)
    answered = serializers.IntegerField()
    next = StepOutput(allow_null=True)
    feedback = FeedbackOutput(required=False)
