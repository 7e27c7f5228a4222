"""Reads courses: what a worker may do in them, what came of them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from crowd.enums import AttemptState, CoursePart
from crowd.errors import NotFound
from crowd.models import Attempt, Course, CourseItem, Project, Qualification, Step, User, Worker
from crowd.policies.training import NotYet, Past, find_obstacle
from crowd.queries.eligibility import valid_qualifications


@dataclass(frozen=True)
class CourseOffer:
    """A course for a worker: the qualification held, the attempt under way, what stands against the exam,
    the newest attempt that has ended."""

    course: Course
    qualification: Qualification | None
    running: Attempt | None
    has_training: bool
    obstacle: NotYet | None
    last: Attempt | None = None


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
    return _offers(courses, worker, now)


def own_worker(user: User) -> Worker:
    """The worker behind an account. Raises NotFound for accounts that never worked, as for a course that is not."""
    worker = Worker.objects.filter(user=user).first()
    if worker is None:
        raise NotFound("there is no such course among yours")
    return worker


def courses_by_project(user: User, now: datetime) -> dict[int, list[Course]]:
    """The active courses of the projects that the person is enrolled on, with ``is_held``; one query."""
    held = valid_qualifications(now).filter(course=OuterRef("pk"), worker__user=user)
    courses = Course.objects.filter(is_active=True, project__enrolments__worker__user=user)
    found: dict[int, list[Course]] = defaultdict(list)
    for course in courses.annotate(is_held=Exists(held)).order_by("id"):
        found[course.project_id].append(course)
    return found


def course_for(worker: Worker, course_uid: uuid.UUID, now: datetime) -> CourseOffer:
    """One active course of a project that the worker is enrolled on. Raises NotFound."""
    course = (
        Course.objects.filter(uid=course_uid, is_active=True, project__enrolments__worker=worker)
        .select_related("project")
        .first()
    )
    if course is None:
        raise NotFound("there is no such course among yours")
    return _offers([course], worker, now)[0]


def open_step(attempt: Attempt) -> Step | None:
    """The item that waits for its answer in an attempt."""
    return Step.objects.select_related("item").filter(attempt=attempt, answered_at__isnull=True).first()


def step_of(worker: Worker, course_uid: uuid.UUID, step_uid: uuid.UUID) -> Step:
    """A step of the worker in a course, with its item and project. Raises NotFound."""
    step = (
        Step.objects.select_related("attempt__course__project", "item")
        .filter(uid=step_uid, attempt__worker=worker, attempt__course__uid=course_uid)
        .first()
    )
    if step is None:
        raise NotFound("there is no such item among yours")
    return step


def course_report(project: Project, now: datetime) -> list[CourseLine]:
    """The project's courses with what came of them, newest first; four queries however many there are."""
    courses = list(Course.objects.filter(project=project).select_related("project").order_by("-id"))
    items = _counts(CourseItem.objects.filter(course__in=courses), "part", Count("id"))
    exams = _counts(Attempt.objects.filter(course__in=courses, part=CoursePart.EXAM), "state", Count("id"))
    valid = valid_qualifications(now).filter(course__in=courses).order_by()
    qualified = dict(valid.values_list("course").annotate(workers=Count("worker", distinct=True)))
    return [
        CourseLine(
            course,
            items.get((course.pk, CoursePart.TRAINING), 0),
            items.get((course.pk, CoursePart.EXAM), 0),
            exams.get((course.pk, AttemptState.PASSED), 0),
            exams.get((course.pk, AttemptState.FAILED), 0),
            exams.get((course.pk, AttemptState.ABANDONED), 0),
            qualified.get(course.pk, 0),
        )
        for course in courses
    ]


def _counts(rows: QuerySet[Any], column: str, count: Count) -> dict[tuple[int, str], int]:
    grouped = rows.order_by().values_list("course", column).annotate(count=count)
    return {(course_id, value): n for course_id, value, n in grouped}


def _offers(courses: Iterable[Course], worker: Worker, now: datetime) -> list[CourseOffer]:
    """Three queries however many courses there are."""
    found = list(courses)
    held = valid_qualifications(now).filter(course__in=found, worker=worker).order_by("id")
    newest = {qualification.course_id: qualification for qualification in held}
    trains = set(CourseItem.objects.filter(course__in=found, part=CoursePart.TRAINING).values_list("course", flat=True))
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(course__in=found, worker=worker).order_by("id"):
        attempts[attempt.course_id].append(attempt)
    return [_offer(course, newest.get(course.pk), attempts[course.pk], course.pk in trains, now) for course in found]


def _offer(
    course: Course, held: Qualification | None, attempts: list[Attempt], trains: bool, now: datetime
) -> CourseOffer:
    ended = [attempt for attempt in attempts if attempt.ended_at is not None]
    obstacle = find_obstacle(
        part=CoursePart.EXAM,
        now=now,
        past=[
            Past(part=CoursePart(attempt.part), state=AttemptState(attempt.state), ended_at=attempt.ended_at)
            for attempt in ended
            if attempt.ended_at is not None
        ],
        has_training=trains,
        is_qualified=held is not None,
        max_attempts=course.max_attempts,
        retry_after_seconds=course.retry_after_seconds,
    )
    running = next((attempt for attempt in attempts if attempt.state == AttemptState.RUNNING), None)
    return CourseOffer(course, held, running, trains, obstacle, ended[-1] if ended else None)
