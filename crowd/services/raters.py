"""Sets raters up: each with a worker of its own, and a key that is the hash of all that shapes its votes."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from crowd.enums import EventKind, RaterRunState, WorkerKind
from crowd.errors import Conflict, FieldProblem, InvalidInput
from crowd.models import (
    ClassifierSnapshot,
    Example,
    ExamplePool,
    Project,
    PromptVersion,
    Rater,
    RaterExample,
    RaterRun,
    User,
    Worker,
)
from crowd.models.user import MACHINE_DOMAIN
from crowd.queries.training_texts import settled_texts
from crowd.raters.chat import schema_of
from crowd.raters.classifier import TooFewLabels, Trained, train
from crowd.raters.functions import check_function
from crowd.raters.specs import check_classifier, check_llm, complete_llm, default_group, key_of
from crowd.services.events import record_event
from crowd.services.workers import enrol

MAX_CONCURRENCY = 64
# What of a chat model's description shapes none of its votes.
UNSHAPING = ("pool", "key_name", "watches_fingerprint")


@dataclass(frozen=True, kw_only=True)
class NewRater:
    """A rater to set up. Prices are micro-units for a million tokens; limits are for a minute."""

    name: str
    kind: WorkerKind
    spec: dict[str, Any]
    prompt: uuid.UUID | None = None
    group: str = ""
    input_price_micros: int | None = None
    output_price_micros: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int = 4
    timeout_seconds: float = 60.0
    is_batched: bool = False
    batch_discount_percent: int = 50


@dataclass(frozen=True)
class _Shape:
    """What goes into the key, with the rows that belong to it."""

    spec: dict[str, Any]
    shaped_by: dict[str, Any]
    prompt: PromptVersion | None = None
    examples: list[Example] = field(default_factory=list)
    trained: Trained | None = None


def create_rater(*, project: Project, new: NewRater, actor: User) -> Rater:
    """Set a rater up, in the shadow and not yet at work.

    A classifier is trained here, on what people have settled so far. Raises InvalidInput naming each problem, Conflict
    when the project has a rater with the same key.
    """
    problems = _common_problems(new)
    labels = project.label_values
    match new.kind:
        case WorkerKind.LLM:
            problems += check_llm(
                new.spec,
                labels=len(labels),
                keys=settings.MODEL_KEYS,
                is_local_allowed=settings.ARE_LOCAL_MODELS_ALLOWED,
            )
            if new.input_price_micros is None or new.output_price_micros is None:
                problems.append(FieldProblem("/prices", "say what a million tokens cost; 0 for a model of your own"))
        case WorkerKind.FUNCTION:
            problems += check_function(new.spec, labels=labels, allowed=settings.LABELLING_FUNCTIONS)
        case WorkerKind.CLASSIFIER:
            problems += check_classifier(new.spec)
        case _:
            problems.append(FieldProblem("/kind", "a person is no rater; use the workers"))
    if problems:
        raise InvalidInput("the rater cannot be set up; nothing was changed", problems=tuple(problems))
    return _store(project, new, _shape(project, new), actor, replaces=None)


def retrain_classifier(*, rater: Rater, actor: User) -> Rater:
    """Train anew on what people have settled by now: another snapshot, so another rater, which takes over.

    The old one's votes stay with the old one's record; its runs end. Raises Conflict when nothing new was learnt,
    when it was replaced before, or when it is no classifier.
    """
    if rater.kind != WorkerKind.CLASSIFIER:
        raise Conflict("only a classifier can be trained anew")
    if Rater.objects.filter(replaces=rater).exists():
        raise Conflict("this classifier was trained anew before; go on with its newest snapshot")
    new = NewRater(
        name=rater.name, kind=WorkerKind.CLASSIFIER, spec=rater.spec, group=rater.group, concurrency=rater.concurrency
    )
    return _store(rater.project, new, _shape(rater.project, new), actor, replaces=rater)


def renew_chat(*, rater: Rater, snapshot: str, actor: User) -> Rater:
    """A chat model set up as this one was, under the snapshot that answers now; it takes over.

    The project's instructions and the pool's examples enter as they are today. Raises Conflict when it was replaced
    before.
    """
    if Rater.objects.filter(replaces=rater).exists():
        raise Conflict("this rater was renewed before; go on with the newest")
    assert rater.prompt is not None
    same = ("name", "group", "input_price_micros", "output_price_micros", "requests_per_minute", "tokens_per_minute")
    how = ("concurrency", "timeout_seconds", "is_batched", "batch_discount_percent")
    kept = {name: getattr(rater, name) for name in (*same, *how)}
    spec = {name: value for name, value in rater.spec.items() if name != "instructions"} | {"snapshot": snapshot}
    new = NewRater(kind=WorkerKind.LLM, spec=spec, prompt=rater.prompt.uid, **kept)
    return _store(rater.project, new, _shape(rater.project, new), actor, replaces=rater)


def _common_problems(new: NewRater) -> list[FieldProblem]:
    problems = [] if new.name.strip() else [FieldProblem("/name", "is missing")]
    if not 1 <= new.concurrency <= MAX_CONCURRENCY:
        problems.append(FieldProblem("/concurrency", f"1 to {MAX_CONCURRENCY}"))
    if not 0.1 <= new.timeout_seconds <= 600:
        problems.append(FieldProblem("/timeout_seconds", "0.1 to 600"))
    problems += [
        FieldProblem(f"/{name}", "cannot be negative")
        for name in ("input_price_micros", "output_price_micros")
        if (getattr(new, name) or 0) < 0
    ]
    if not 0 <= new.batch_discount_percent <= 100:
        problems.append(FieldProblem("/batch_discount_percent", "0 to 100"))
    if new.is_batched and new.kind != WorkerKind.LLM:
        problems.append(FieldProblem("/is_batched", "only a chat model is asked in batch files"))
    problems += [
        FieldProblem(f"/{name}", "at least 1, or null")
        for name in ("requests_per_minute", "tokens_per_minute")
        if getattr(new, name) is not None and getattr(new, name) < 1
    ]
    return problems


def _shape(project: Project, new: NewRater) -> _Shape:
    match new.kind:
        case WorkerKind.LLM:
            return _shape_llm(project, new)
        case WorkerKind.CLASSIFIER:
            texts = settled_texts(project, field=new.spec.get("field"))
            try:
                trained = train(texts, labels=len(project.labels))
            except TooFewLabels as error:
                raise Conflict(f"{error}; nothing was changed") from error
            return _Shape(new.spec, {"spec": new.spec, "trained_on": trained.digest}, trained=trained)
        case _:
            return _Shape(new.spec, {"spec": new.spec})


def _shape_llm(project: Project, new: NewRater) -> _Shape:
    spec = complete_llm(new.spec) | {"instructions": project.instructions}
    problems = []
    prompt = PromptVersion.objects.filter(uid=new.prompt, template__project=project).first() if new.prompt else None
    if prompt is None:
        problems.append(FieldProblem("/prompt", "there is no such prompt version in this project"))
    examples: list[Example] = []
    if spec["pool"]:
        pool = ExamplePool.objects.filter(project=project, name=spec["pool"]).first()
        examples = [] if pool is None else _chosen(pool, spec["shots"], len(project.labels))
        if len(examples) < spec["shots"]:
            problems.append(FieldProblem("/spec/shots", f"the pool {spec['pool']!r} has {len(examples)} examples"))
    if problems:
        raise InvalidInput("the rater cannot be set up; nothing was changed", problems=tuple(problems))
    assert prompt is not None
    words = [prompt.words.get(value, value) for value in project.label_values]
    shown = [[example.payload_hash, example.label_index] for example in examples]
    shaped_by = {
        "spec": {name: value for name, value in spec.items() if name not in UNSHAPING},
        "prompt": [prompt.system, prompt.user, words],
        "examples": hashlib.sha256(str(shown).encode()).hexdigest(),
        "schema": schema_of(words),
    }
    return _Shape(spec, shaped_by, prompt, examples)


def _chosen(pool: ExamplePool, shots: int, labels: int) -> list[Example]:
    """The examples to show: as even over the labels as the pool allows, the oldest first, labels in turn."""
    by_label: list[list[Example]] = [[] for _ in range(labels)]
    for example in pool.examples.order_by("id"):
        by_label[example.label_index].append(example)
    chosen: list[Example] = []
    while len(chosen) < shots and any(by_label):
        for queue in by_label:
            if queue and len(chosen) < shots:
                chosen.append(queue.pop(0))
    return chosen


def _store(project: Project, new: NewRater, shape: _Shape, actor: User, *, replaces: Rater | None) -> Rater:
    key = key_of(new.kind, shape.shaped_by)
    name = new.name.strip()
    worker_key = hashlib.sha256(f"{project.uid}{key}".encode()).hexdigest()
    now = timezone.now()
    try:
        with transaction.atomic():
            user = User.objects.create_user(f"worker-{uuid.uuid4()}@{MACHINE_DOMAIN}", name=name)
            model = {"kind": new.kind.value, "key": key}
            worker = Worker.objects.create(user=user, kind=new.kind, name=name, model=model, rater_key=worker_key)
            enrol(project=project, worker=worker)
            rater = Rater.objects.create(
                project=project,
                worker=worker,
                kind=new.kind,
                name=name,
                group=new.group.strip() or default_group(new.kind, shape.spec, key),
                key=key,
                spec=shape.spec,
                prompt=shape.prompt,
                replaces=replaces,
                input_price_micros=new.input_price_micros or 0,
                output_price_micros=new.output_price_micros or 0,
                requests_per_minute=new.requests_per_minute,
                tokens_per_minute=new.tokens_per_minute,
                concurrency=new.concurrency,
                timeout_seconds=new.timeout_seconds,
                is_batched=new.is_batched,
                batch_discount_percent=new.batch_discount_percent,
                created_by=actor,
            )
            if replaces is not None:
                RaterRun.objects.filter(rater=replaces).exclude(state=RaterRunState.FINISHED).update(
                    state=RaterRunState.FINISHED, ended_at=now
                )
            RaterExample.objects.bulk_create(
                RaterExample(rater=rater, example=example, position=i) for i, example in enumerate(shape.examples)
            )
            if shape.trained is not None:
                ClassifierSnapshot.objects.create(
                    rater=rater,
                    archive=shape.trained.archive,
                    digest=shape.trained.digest,
                    trained_on=shape.trained.trained_on,
                    created_at=now,
                )
            detail = {"kind": new.kind.value, "group": rater.group, "key": key}
            record_event(
                kind=EventKind.RATER_CREATED,
                project=project,
                actor=actor,
                worker=worker,
                subject=rater.uid,
                detail=detail,
                at=now,
            )
            return rater
    except IntegrityError as error:
        raise Conflict(
            "this project has a rater that would vote the same way: same model, prompt, examples and sampling"
        ) from error
