"""What exists in the cast for each parameter of an address of the API, and what its calls can be asked with."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from cast import Cast
from django.urls import reverse
from django.utils import timezone
from imported import queued
from pay_rows import PAY_BODIES, PAY_FILL

from api.urls import urlpatterns
from crowd.enums import CoursePart, TrustLevel, WorkerKind
from crowd.models import (
    ApiKey,
    Course,
    Example,
    Export,
    Flag,
    Rater,
    Restitution,
    Step,
    TrustChange,
    Webhook,
)
from crowd.queries.exports import plan_for
from crowd.services.courses import CoursePlan, NewItem, create_course
from crowd.services.exports import create_export
from crowd.services.prompts import NewExample, add_examples
from crowd.services.raters import NewRater, create_rater
from crowd.services.restitution import overturn_change
from crowd.services.training import start_attempt
from crowd.services.trust_terms import set_trust
from crowd.services.webhook_settings import WebhookPlan, add_webhook, ping_webhook

PARAMETERS = {str(pattern.name): sorted(pattern.pattern.converters) for pattern in urlpatterns}
# Bodies of calls that reach one's own things; elsewhere an empty one shows enough.
BODIES: dict[str, dict[str, Any]] = {
    **PAY_BODIES,
    "api-course-start": {"part": "exam"},
    "api-own-trust-appeal": {"reason": "I was careful"},
    "api-step-answer": {"value": "positive"},
    "api-submit": {"value": "positive"},
}
# What exists in the cast for a parameter of an address.
FILL: dict[str, Callable[[Cast], Any]] = {
    **PAY_FILL,
    "project": lambda cast: cast.project.uid,
    "task": lambda cast: cast.task().uid,
    "worker": lambda cast: cast.workers[1].uid,
    "assignment": lambda cast: cast.claim().assignment.uid,
    "course": lambda cast: course(cast).uid,
    "step": lambda cast: first_step(cast).uid,
    "view": lambda cast: "worker",
    "rater": lambda cast: rater(cast).uid,
    "example": lambda cast: example(cast).uid,
    "member": lambda cast: cast.finance.uid,
    "answer": lambda cast: cast.answer(cast.workers[2]).answer.uid,
    "key": lambda cast: ApiKey.objects.create(user=cast.owner, name="old", digest=secrets.token_hex(32)).uid,
    "kind": lambda cast: "answers",
    "upload": lambda cast: queued(cast, "text\nx\n").uid,
    "export": lambda cast: ordered_export(cast).uid,
    "change": lambda cast: suspension(cast).uid,
    "decision": lambda cast: restriction(cast).uid,
    "flag": lambda cast: flag(cast).uid,
    "restitution": lambda cast: restitution(cast).uid,
    "webhook": lambda cast: webhook(cast).uid,
    "delivery": lambda cast: ping_webhook(webhook=webhook(cast)).uid,
}


def course(cast: Cast) -> Course:
    items = tuple(NewItem(key=f"i{n}", payload={"text": "x"}, labels=("positive",)) for n in range(30))
    plan = CoursePlan(name=f"Basics {Course.objects.count()}", exam=items)
    return create_course(project=cast.project, plan=plan, actor=cast.owner)


def suspension(cast: Cast) -> TrustChange:
    level = TrustLevel.SUSPENDED
    made = TrustChange.objects.filter(project=cast.project, worker=cast.workers[1], to_level=level).last()
    return made or set_trust(
        project=cast.project, worker_uid=cast.workers[1].uid, level=level, reason="careless", actor=cast.owner
    )


def restriction(cast: Cast) -> TrustChange:
    """Of the first worker, who may appeal."""
    level = TrustLevel.RESTRICTED
    made = TrustChange.objects.filter(project=cast.project, worker=cast.worker, to_level=level).last()
    return made or set_trust(
        project=cast.project, worker_uid=cast.worker.uid, level=level, reason="careless", actor=cast.owner
    )


def flag(cast: Cast) -> Flag:
    now = timezone.now()
    return Flag.objects.create(
        project=cast.project,
        worker=cast.workers[1],
        kind="too_fast",
        window=now.date(),
        evidence={},
        created_at=now,
        updated_at=now,
    )


def restitution(cast: Cast) -> Restitution:
    return overturn_change(project=cast.project, change_uid=suspension(cast).uid, reason="wrong", actor=cast.owner)


def webhook(cast: Cast) -> Webhook:
    return add_webhook(project=cast.project, plan=WebhookPlan(url="https://example.com/hook"), actor=cast.owner)


def rater(cast: Cast) -> Rater:
    spec = {"type": "keyword", "labels": {"positive": ["text"]}}
    new = NewRater(name=f"words {Rater.objects.count()}", kind=WorkerKind.FUNCTION, spec=spec)
    return create_rater(project=cast.project, new=new, actor=cast.owner)


def example(cast: Cast) -> Example:
    rows = [NewExample(payload={"text": "nice"}, label="positive")]
    return add_examples(project=cast.project, pool="shots", examples=rows, actor=cast.owner).examples.get()


def ordered_export(cast: Cast) -> Export:
    plan = plan_for(cast.project, kind="answers", file_format="csv", filters={})
    return create_export(project=cast.project, plan=plan, actor=cast.owner)


def first_step(cast: Cast) -> Step:
    progress = start_attempt(course_uid=course(cast).uid, worker=cast.worker, part=CoursePart.EXAM)
    assert progress.step is not None
    return progress.step


# A gold is a task of its own kind.
FILL_OF = {"api-gold-retire": {"task": lambda cast: cast.gold(1)[-1].task.uid}}


def address(cast: Cast, name: str) -> str:
    """The address with what exists for its parameters, made where it is missing."""
    missing = [parameter for parameter in PARAMETERS[name] if parameter not in FILL]
    assert missing == [], f"say in FILL what the tests put for {missing}"
    fill = FILL | FILL_OF.get(name, {})
    return reverse(name, kwargs={parameter: fill[parameter](cast) for parameter in PARAMETERS[name]})
