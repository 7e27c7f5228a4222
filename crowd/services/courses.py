"""Creates courses: a training with its exam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import CoursePart, CoursePay, EventKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import Course, CourseItem, Project, User
from crowd.policies.answer_types import shorten
from crowd.policies.training import check_course
from crowd.services.events import record_event


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """One thing to judge, with every label that counts as right and the reason, which training shows."""

    key: str
    payload: dict[str, Any]
    labels: tuple[str, ...]
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
    known = set(project.label_values)
    problems = check_course(
        good=plan.good_accuracy,
        bad=plan.bad_accuracy,
        alpha=plan.alpha,
        beta=plan.beta,
        exam_items=len(plan.exam),
        max_items=plan.max_items,
        known=known,
    )
    seen: set[str] = set()
    problems += _item_problems(plan.training, "training", known, seen)
    problems += _item_problems(plan.exam, "exam", known, seen)
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
                    labels=list(dict.fromkeys(item.labels)),
                    reason=item.reason,
                )
                for part, items in ((CoursePart.TRAINING, plan.training), (CoursePart.EXAM, plan.exam))
                for item in items
            )
            detail = {"name": course.name, "training": len(plan.training), "exam": len(plan.exam)}
            record_event(
                kind=EventKind.COURSE_CREATED, project=project, actor=actor, subject=course.uid, detail=detail, at=now
            )
            return course
    except IntegrityError as error:
        raise Conflict(f"the project has a course {shorten(plan.name)} already") from error


def _item_problems(items: Sequence[NewItem], part: str, known: set[str], seen: set[str]) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    for i, item in enumerate(items):
        if item.key in seen:
            problems.append(FieldProblem(f"/{part}/{i}/key", f"{shorten(item.key)} is named twice"))
        seen.add(item.key)
        if not item.labels:
            problems.append(FieldProblem(f"/{part}/{i}/labels", "give at least one right label"))
        problems += [
            FieldProblem(f"/{part}/{i}/labels/{j}", f"{shorten(label)} is not a label of this project")
            for j, label in enumerate(item.labels)
            if label not in known
        ]
    return problems
