"""Takes workers through courses: begin, answer, end; an exam never tells which item or what was right."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from crowd.enums import AttemptState, CoursePart, CoursePay, EventKind, ProjectState, TrustLevel
from crowd.errors import (
    AlreadySubmitted,
    BudgetExhausted,
    Conflict,
    NotFound,
    ProjectClosed,
    StaleLease,
    WorkerSuspended,
)
from crowd.models import Attempt, Course, CourseItem, Enrolment, Qualification, Step, Worker
from crowd.policies.training import IDLE_AFTER, find_obstacle, judge_exam
from crowd.policies.votes import pay_micros
from crowd.queries.courses import has_training, is_qualified, past_of
from crowd.queries.forms import form_of
from crowd.services.budgets import reserve
from crowd.services.consents import require_consent
from crowd.services.course_pay import settle_pay
from crowd.services.events import record_event
from crowd.services.locks import lock_worker
from quality.skill.gold import GoldTest

BATCH = 200


@dataclass(frozen=True)
class Feedback:
    """What training tells at once."""

    is_right: bool
    labels: list[Any]
    reason: str


@dataclass(frozen=True)
class Progress:
    """Where an attempt stands, with the item to answer next while it runs; ``feedback`` in training only."""

    attempt: Attempt
    step: Step | None
    feedback: Feedback | None = None
    is_replay: bool = False


def start_attempt(*, course_uid: uuid.UUID, worker: Worker, part: CoursePart) -> Progress:
    """Begin a part of a course, or go on with the one that is under way.

    Raises NotFound, ConsentNeeded, WorkerSuspended, ProjectClosed, BudgetExhausted, Conflict saying why not.
    """
    require_consent(worker=worker)
    with transaction.atomic():
        lock_worker(worker.pk)
        now = timezone.now()
        course = _course_for(course_uid, worker)
        running = Attempt.objects.filter(course=course, worker=worker, state=AttemptState.RUNNING).first()
        if running is not None:
            if running.part != part:
                raise Conflict(f"your {running.part} of this course is under way; finish it first")
            return Progress(running, _show_next(running, course, worker, now))
        obstacle = find_obstacle(
            part=part,
            now=now,
            past=past_of(course, worker),
            has_training=has_training(course),
            is_qualified=is_qualified(course, worker, now),
            max_attempts=course.max_attempts,
            retry_after_seconds=course.retry_after_seconds,
        )
        if obstacle is not None:
            raise Conflict(obstacle.reason)
        attempt = Attempt.objects.create(course=course, worker=worker, part=part, started_at=now, last_active_at=now)
        return Progress(attempt, _show_next(attempt, course, worker, now))


def answer_step(*, step_uid: uuid.UUID, worker: Worker, value: Any) -> Progress:
    """Store the answer to an item and show the next; training tells what was right.

    The same value again replays. No next item in a running attempt: the budget is exhausted, begin again later.
    Raises NotFound, InvalidAnswer, AlreadySubmitted, StaleLease (the attempt was closed).
    """
    with transaction.atomic():
        lock_worker(worker.pk)
        now = timezone.now()
        step = (
            Step.objects.select_related("attempt__course__project", "item")
            .filter(uid=step_uid, attempt__worker=worker)
            .first()
        )
        if step is None:
            raise NotFound("there is no such item among yours")
        attempt, course = step.attempt, step.attempt.course
        project = course.project
        form = form_of(project, step.item.payload)
        value = form.canonical(value)
        if step.answered_at is not None:
            if step.value != value:
                raise AlreadySubmitted("this item already holds a different answer; the first one stands")
            open_step = Step.objects.select_related("item").filter(attempt=attempt, answered_at__isnull=True).first()
            is_running = attempt.state == AttemptState.RUNNING
            return Progress(attempt, open_step if is_running else None, _feedback(attempt, step), is_replay=True)
        if attempt.state != AttemptState.RUNNING:
            raise StaleLease(f"this {attempt.part} was {attempt.state}; begin it again")
        step.value, step.is_right, step.answered_at = value, form.is_right(value, step.item.labels), now
        step.save(update_fields=["value", "is_right", "answered_at"])
        _count(attempt, course, step.is_right, now)
        state = _judge(attempt, course)
        if state != AttemptState.RUNNING:
            _finish(attempt, state, now)
            return Progress(attempt, None, _feedback(attempt, step))
        try:
            following = _show_next(attempt, course, worker, now)
        except BudgetExhausted:
            following = None  # the answer is kept; the attempt goes on once there is budget again
        return Progress(attempt, following, _feedback(attempt, step))


def close_idle(*, now: datetime | None = None) -> int:
    """Close the attempts in which nothing has happened for a day; returns how many."""
    at = now or timezone.now()
    idle = Attempt.objects.filter(state=AttemptState.RUNNING, last_active_at__lt=at - IDLE_AFTER).order_by("id")
    closed = 0
    for attempt_id, worker_id in list(idle.values_list("id", "worker_id")[:BATCH]):
        with transaction.atomic():
            lock_worker(worker_id)
            attempt = idle.filter(pk=attempt_id).select_related("course__project", "worker").first()
            if attempt is not None:
                _finish(attempt, AttemptState.ABANDONED, at)
                closed += 1
    return closed


def _course_for(course_uid: uuid.UUID, worker: Worker) -> Course:
    course = (
        Course.objects.select_related("project")
        .filter(uid=course_uid, is_active=True, project__enrolments__worker=worker)
        .first()
    )
    if course is None:
        raise NotFound("there is no such course among yours")
    if Enrolment.objects.filter(project=course.project, worker=worker, trust_level=TrustLevel.SUSPENDED).exists():
        raise WorkerSuspended("your work on this project is suspended; the reason is among your notices")
    if course.project.state == ProjectState.ARCHIVED:
        raise ProjectClosed("the project is archived; its courses are closed")
    return course


def _show_next(attempt: Attempt, course: Course, worker: Worker, now: datetime) -> Step:
    open_step = Step.objects.select_related("item").filter(attempt=attempt, answered_at__isnull=True).first()
    if open_step is not None:
        return open_step
    seen = Count("steps", filter=Q(steps__attempt__worker=worker))
    items = (
        CourseItem.objects.filter(course=course, part=attempt.part)
        .exclude(steps__attempt=attempt)
        .annotate(seen=seen)
        # In an exam, items of earlier attempts come last, the others at random.
        .order_by(*(("seen", "?") if attempt.part == CoursePart.EXAM else ("id",)))
    )
    item = items.first()
    assert item is not None, "an attempt without items left has been judged before"
    price = course.exam_price_micros if attempt.part == CoursePart.EXAM else course.training_price_micros
    price = 0 if course.pay == CoursePay.NOTHING else pay_micros(worker.kind, price)
    shard = reserve(project=course.project, amount_micros=price)
    return Step.objects.create(attempt=attempt, item=item, shown_at=now, reserved_micros=price, shard=shard)


def _count(attempt: Attempt, course: Course, is_right: bool, now: datetime) -> None:
    attempt.right += int(is_right)
    attempt.wrong += int(not is_right)
    attempt.llr = _test(course).update(attempt.llr, is_right)
    attempt.last_active_at = now
    attempt.save(update_fields=["right", "wrong", "llr", "last_active_at"])


def _judge(attempt: Attempt, course: Course) -> AttemptState:
    answered = attempt.right + attempt.wrong
    stock = CourseItem.objects.filter(course=course, part=attempt.part).count()
    if attempt.part == CoursePart.TRAINING:
        return AttemptState.PASSED if answered >= stock else AttemptState.RUNNING
    is_last = answered >= min(course.max_items, stock)
    return judge_exam(_test(course), llr=attempt.llr, answered=answered, is_last=is_last)


def _finish(attempt: Attempt, state: AttemptState, now: datetime) -> None:
    attempt.state, attempt.ended_at = state, now
    attempt.save(update_fields=["state", "ended_at"])
    settle_pay(attempt=attempt, at=now)
    if state != AttemptState.PASSED or attempt.part != CoursePart.EXAM:
        return
    course = attempt.course
    expires_at = None if course.valid_days is None else now + timedelta(days=course.valid_days)
    Qualification.objects.create(
        course=course, worker=attempt.worker, attempt=attempt, granted_at=now, expires_at=expires_at
    )
    record_event(
        kind=EventKind.QUALIFICATION_GRANTED,
        project=course.project,
        worker=attempt.worker,
        subject=attempt.uid,
        detail={"course": course.name, "right": attempt.right, "wrong": attempt.wrong},
        at=now,
    )


def _feedback(attempt: Attempt, step: Step) -> Feedback | None:
    if attempt.part != CoursePart.TRAINING:
        return None
    return Feedback(bool(step.is_right), step.item.labels, step.item.reason)


def _test(course: Course) -> GoldTest:
    return GoldTest(good=course.good_accuracy, bad=course.bad_accuracy, alpha=course.alpha, beta=course.beta)
