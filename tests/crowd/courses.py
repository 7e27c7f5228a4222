"""Shorthands for courses in tests."""

from __future__ import annotations

from typing import Any

from cast import Cast

from crowd.enums import CoursePart
from crowd.models import Course, Step, Worker
from crowd.services.courses import CoursePlan, NewItem, create_course
from crowd.services.training import Progress, answer_step, start_attempt

RIGHT, WRONG = "positive", "negative"


def make_course(cast: Cast, *, training: int = 0, exam: int = 30, **plan: Any) -> Course:
    """A course whose right label is always the same."""
    items = {
        part: tuple(
            NewItem(key=f"{part}{n}", payload={"text": f"{part} {n}"}, labels=(RIGHT,), reason="a warm word")
            for n in range(size)
        )
        for part, size in (("training", training), ("exam", exam))
    }
    settings: dict[str, Any] = {"name": "Basics", **items} | plan
    return create_course(project=cast.project, plan=CoursePlan(**settings), actor=cast.owner)


def take(course: Course, worker: Worker, answers: str, part: CoursePart = CoursePart.EXAM) -> Progress:
    """Begin a part, then answer right (r) or wrong (w), as long as it asks."""
    progress = start_attempt(course_uid=course.uid, worker=worker, part=part)
    for answer in answers:
        if progress.step is None:
            break
        progress = answer_step(step_uid=progress.step.uid, worker=worker, value=RIGHT if answer == "r" else WRONG)
    return progress


def answered(worker: Worker) -> int:
    """How many items the worker has answered in all."""
    return Step.objects.filter(attempt__worker=worker, answered_at__isnull=False).count()
