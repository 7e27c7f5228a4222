"""Creates courses: a training with its exam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import AnswerType, CoursePart, CoursePay, EventKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import Course, CourseItem, Project, User
from crowd.policies.answer_types import read_right_answers
from crowd.policies.payloads import check_payload
from crowd.policies.training import check_course
from crowd.policies.wording import shorten
from crowd.queries.forms import form_of
from crowd.services.events import record_event


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """One thing to judge, with every answer that counts as right and the reason, which training shows."""

    key: str
    payload: dict[str, Any]
    labels: tuple[Any, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CoursePlan:
    """What a new course is to be; prices in micro-units an item of the project's currency."""

    name: str
    exam: tuple[NewItem, ...]
    training: tuple[NewItem, ...] = field(default_factory=tuple)
    good_accuracy: float = 0.85
    bad_accuracy: float = 0.6
    alpha: float = 0.1
    beta: float = 0.05
    max_items: int = 30
    pay: CoursePay = CoursePay.EVERY_ITEM
    training_price_micros: int = 0
    exam_price_micros: int = 0
    max_attempts: int = 3
    retry_after_seconds: int = 24 * 3600
    valid_days: int | None = None


def create_course(*, project: Project, plan: CoursePlan, actor: User) -> Course:
    """Create a course with its items. Raises InvalidInput naming each problem, Conflict for a name that is taken."""
    problems = check_course(
        good=plan.good_accuracy,
        bad=plan.bad_accuracy,
        alpha=plan.alpha,
        beta=plan.beta,
        exam_items=len(plan.exam),
        max_items=plan.max_items,
    )
    seen: set[str] = set()
    training = _read_items(project, plan.training, "training", seen, problems)
    exam = _read_items(project, plan.exam, "exam", seen, problems)
    if problems:
        raise InvalidInput("the course cannot be created; nothing was added", problems=tuple(problems[:100]))
    fields = {name: value for name, value in vars(plan).items() if name not in ("training", "exam")}
    try:
        with transaction.atomic():
            now = timezone.now()
            course = Course.objects.create(project=project, created_at=now, **fields)
            CourseItem.objects.bulk_create(
                CourseItem(
                    course=course,
                    part=part,
                    key=item.key,
                    payload=item.payload,
                    labels=right,
                    reason=item.reason,
                )
                for part, items in ((CoursePart.TRAINING, training), (CoursePart.EXAM, exam))
                for item, right in items
            )
            detail = {"name": course.name, "training": len(plan.training), "exam": len(plan.exam)}
            record_event(
                kind=EventKind.COURSE_CREATED, project=project, actor=actor, subject=course.uid, detail=detail, at=now
            )
            return course
    except IntegrityError as error:
        raise Conflict(f"the project has a course {shorten(plan.name)} already") from error


def _read_items(
    project: Project, items: Sequence[NewItem], part: str, seen: set[str], problems: list[FieldProblem]
) -> list[tuple[NewItem, list[Any]]]:
    """The items with their right answers in canonical form; what is wrong with them is added to ``problems``."""
    read = []
    for i, item in enumerate(items):
        if item.key in seen:
            problems.append(FieldProblem(f"/{part}/{i}/key", f"{shorten(item.key)} is named twice"))
        seen.add(item.key)
        bad_payload = check_payload(item.payload, AnswerType(project.answer_type), f"/{part}/{i}/payload")
        problems += bad_payload
        if not bad_payload:
            right, found = read_right_answers(form_of(project, item.payload), item.labels, f"/{part}/{i}/labels")
            problems += found
            read.append((item, right))
    return read
