"""Projects with people and models whose answers are made up in the test: written as rows, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from cast import Cast
from django.db.models import F
from django.utils import timezone

from crowd.enums import AssignmentState, RaterRunKind, RaterRunState, TaskState, WorkerKind
from crowd.models import (
    Answer,
    Assignment,
    CachedVote,
    PromptTemplate,
    PromptVersion,
    Rater,
    RaterRun,
    Task,
    VoteDetail,
    Worker,
)
from crowd.services.workers import NewWorker, add_workers


def add_model(cast: Cast, name: str = "m1", *, family: str | None = None) -> Worker:
    """A model in the shadow."""
    model = {"name": name} | ({"family": family} if family else {})
    new = NewWorker(name=name, kind=WorkerKind.LLM, model=model)
    return add_workers(project=cast.project, workers=[new], actor=cast.owner)[0].worker


def add_rater(cast: Cast, name: str = "m1", *, group: str = "family") -> Worker:
    """A model with a rater, so that its votes can be soft."""
    worker = add_model(cast, name)
    template = PromptTemplate.objects.create(project=cast.project, name=name)
    prompt = PromptVersion.objects.create(
        template=template, version=1, user="{text}", created_by=cast.owner, created_at=timezone.now()
    )
    Rater.objects.create(
        project=cast.project, worker=worker, kind=WorkerKind.LLM, name=name, group=group,
        key=f"key of {name}", spec={}, prompt=prompt, created_by=cast.owner,
    )  # fmt: skip
    return worker


def give(
    cast: Cast,
    worker: Worker,
    labels: Mapping[int, int],
    *,
    probabilities: Mapping[int, Sequence[float]] | None = None,
) -> list[Answer]:
    """Store the worker's answers, task id to label index, as processed rows."""
    now, values = timezone.now(), cast.project.label_values
    is_model = worker.kind != WorkerKind.HUMAN
    golds = set(Task.objects.filter(pk__in=labels, state=TaskState.GOLD).values_list("id", flat=True))
    assignments = Assignment.objects.bulk_create(
        Assignment(
            project=cast.project, task_id=task_id, worker=worker, state=AssignmentState.SUBMITTED,
            is_gold=task_id in golds, holds_place=not is_model and task_id not in golds,
            claimed_at=now, deadline=now + timedelta(minutes=1), ended_at=now,
        )
        for task_id in labels
    )  # fmt: skip
    answers = Answer.objects.bulk_create(
        Answer(
            project=cast.project, task_id=a.task_id, worker=worker, assignment=a,
            value=values[labels[a.task_id]], label_index=labels[a.task_id], is_gold=a.is_gold, is_model=is_model,
            holds_place=a.holds_place, elapsed_seconds=5.0, created_at=now, processed_at=now,
        )
        for a in assignments
    )  # fmt: skip
    if not is_model:
        Task.objects.filter(pk__in=set(labels) - golds).update(open_slots=F("open_slots") - 1)
        Task.objects.filter(pk__in=set(labels) - golds, open_slots=0).update(is_open=False)
    if probabilities:
        _soften(cast, worker, answers, probabilities)
    return answers


def people_of(
    cast: Cast, truth: Mapping[int, int], accuracy: float, *, overlap: int, seed: int = 0, n_labels: int = 3
) -> None:
    """Every task answered by ``overlap`` of the cast's workers, each right with ``accuracy``."""
    rng = np.random.default_rng(seed)
    most = cast.project.max_overlap
    Task.objects.filter(pk__in=truth).update(overlap=most, open_slots=most, is_open=True)
    given: dict[int, dict[int, int]] = {worker.pk: {} for worker in cast.workers}
    for task_id, right in truth.items():
        for i in rng.permutation(len(cast.workers))[:overlap].tolist():
            given[cast.workers[i].pk][task_id] = drawn(rng, right, accuracy, n_labels)
    for worker in cast.workers:
        give(cast, worker, given[worker.pk])


def votes_of(truth: Mapping[int, int], accuracy: float, *, seed: int = 1, n_labels: int = 3) -> dict[int, int]:
    """A model's labels, right with ``accuracy``."""
    rng = np.random.default_rng(seed)
    return {task_id: drawn(rng, right, accuracy, n_labels) for task_id, right in truth.items()}


def truth_of(cast: Cast, n_labels: int = 3) -> dict[int, int]:
    """A right label for every real task, by its place."""
    ids = cast.project.tasks.exclude(state=TaskState.GOLD).order_by("id").values_list("id", flat=True)
    return {task_id: i % n_labels for i, task_id in enumerate(ids)}


def drawn(rng: np.random.Generator, right: int, accuracy: float, n_labels: int) -> int:
    """The right label with ``accuracy``, else any other."""
    return right if rng.random() < accuracy else int((right + rng.integers(1, n_labels)) % n_labels)


def _soften(
    cast: Cast, worker: Worker, answers: Sequence[Answer], probabilities: Mapping[int, Sequence[float]]
) -> None:
    rater, now = worker.rater, timezone.now()  # type: ignore[attr-defined]
    run, _ = RaterRun.objects.get_or_create(
        rater=rater, kind=RaterRunKind.VOTES,
        defaults={"state": RaterRunState.RUNNING, "look_at": now, "started_by": cast.owner, "created_at": now},
    )  # fmt: skip
    for answer in answers:
        shares = list(probabilities[answer.task_id])
        fields: dict[str, Any] = {"probabilities": shares, "created_at": now}
        cached = CachedVote.objects.create(
            rater=rater, payload_hash=f"{answer.task_id}", label_index=answer.label_index, **fields
        )
        VoteDetail.objects.create(
            project=cast.project, rater=rater, run=run, task_id=answer.task_id, assignment=answer.assignment,
            answer=answer, cached_vote=cached, group=rater.group, **fields,
        )  # fmt: skip
