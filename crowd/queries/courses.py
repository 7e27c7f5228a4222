"""Reads courses: what a worker may do in them, what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from crowd.enums import AttemptState, CoursePart
from crowd.models import Attempt, Course, CourseItem, Project, Qualification, Worker
from crowd.policies.training import NotYet, Past, find_obstacle
from crowd.queries.eligibility import valid_qualifications


@dataclass(frozen=True)
class CourseOffer:
    """A course for a worker: the qualification held, the attempt under way, what stands against the exam."""

    course: Course
    qualification: Qualification | None
    running: Attempt | None
    has_training: bool
    obstacle: NotYet | None


@dataclass(frozen=True)
class CourseLine:
    """A course for its manager: attempts at the exam by how they ended, qualifications that hold now."""

    course: Course
    training_items: int
    exam_items: int
    passed: int
    failed: int
    abandoned: int
    qualified: int


def past_of(course: Course, worker: Worker) -> list[Past]:
    """The worker's attempts at a course that have ended, oldest first."""
    ended = Attempt.objects.filter(course=course, worker=worker, ended_at__isnull=False).order_by("id")
    return [
        Past(part=CoursePart(part), state=AttemptState(state), ended_at=at)
        for part, state, at in ended.values_list("part", "state", "ended_at")
        if at is not None
    ]


def has_training(course: Course) -> bool:
    """Whether the course has items to train with."""
    return CourseItem.objects.filter(course=course, part=CoursePart.TRAINING).exists()


def is_qualified(course: Course, worker: Worker, now: datetime) -> bool:
    """Whether the worker holds the course's qualification."""
    return valid_qualifications(now).filter(course=course, worker=worker).exists()


def courses_for(worker: Worker, now: datetime) -> list[CourseOffer]:
    """The active courses of the projects that the worker is enrolled on, newest first."""
    courses = (
        Course.objects.filter(is_active=True, project__enrolments__worker=worker)
        .select_related("project")
        .order_by("-id")
    )
    return [_offer(course, worker, now) for course in courses]


def course_report(project: Project, now: datetime) -> list[CourseLine]:
    """The project's courses with what came of them, newest first."""
    lines: list[CourseLine] = []
    for course in Course.objects.filter(project=project).order_by("-id"):
        items = dict(course.items.values_list("part").annotate(count=Count("id")).order_by())
        exams = course.attempts.filter(part=CoursePart.EXAM).aggregate(
            passed=Count("id", filter=Q(state=AttemptState.PASSED)),
            failed=Count("id", filter=Q(state=AttemptState.FAILED)),
            abandoned=Count("id", filter=Q(state=AttemptState.ABANDONED)),
        )
        qualified = valid_qualifications(now).filter(course=course).values("worker").distinct().count()
        lines.append(
            CourseLine(
                course,
                items.get(CoursePart.TRAINING, 0),
                items.get(CoursePart.EXAM, 0),
                exams["passed"],
                exams["failed"],
                exams["abandoned"],
                qualified,
            )
        )
    return lines


def _offer(course: Course, worker: Worker, now: datetime) -> CourseOffer:
    held = valid_qualifications(now).filter(course=course, worker=worker).order_by("-id").first()
    running = Attempt.objects.filter(course=course, worker=worker, state=AttemptState.RUNNING).first()
    trains = has_training(course)
    obstacle = find_obstacle(
        part=CoursePart.EXAM,
        now=now,
        past=past_of(course, worker),
        has_training=trains,
        is_qualified=held is not None,
        max_attempts=course.max_attempts,
        retry_after_seconds=course.retry_after_seconds,
    )
    return CourseOffer(course, held, running, trains, obstacle)
