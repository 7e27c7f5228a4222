"""Makes raters at work out of their rows: chat plans, endpoints, labelling functions, classifiers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from crowd.enums import FailureReason, WorkerKind
from crowd.models import Project, PromptVersion, Rater
from crowd.raters.chat import ChatPlan, Shot
from crowd.raters.classifier import Classifier
from crowd.raters.endpoint import Endpoint
from crowd.raters.functions import build_function
from crowd.raters.verdicts import LocalRater, RatingFailed

FILE_SECONDS = 120.0


def plan_of(rater: Rater) -> ChatPlan:
    """All that a chat model is asked, from the frozen rows of its rater."""
    assert rater.prompt is not None
    shots = [
        Shot(payload=row.example.payload, label_index=row.example.label_index)
        for row in rater.examples.select_related("example").order_by("position")
    ]
    return chat_plan(rater.project, rater.spec, rater.prompt, shots)


def chat_plan(project: Project, spec: Mapping[str, Any], prompt: PromptVersion, shots: list[Shot]) -> ChatPlan:
    """The plan of a description that `crowd.raters.specs` has completed."""
    return ChatPlan(
        model=spec["model"],
        system=prompt.system,
        user=prompt.user,
        # As they were when the rater was made: later edits of the project make another rater.
        instructions=spec["instructions"],
        words=tuple(prompt.words.get(value, value) for value in project.label_values),
        shots=tuple(shots),
        temperature=spec["temperature"],
        top_p=spec["top_p"],
        seed=spec["seed"],
        samples=spec["samples"],
        rotations=spec["rotations"],
        has_logprobs=spec["has_logprobs"],
        is_aliased=spec["is_aliased"],
    )


def endpoint_of(rater: Rater) -> Endpoint:
    """The endpoint with its key, which is read from the environment here and kept nowhere. Raises CallFailed."""
    name = rater.spec["key_name"]
    return Endpoint(
        base_url=rater.spec["base_url"],
        key=os.environ.get(name) if name in settings.MODEL_KEYS else None,
        # Files of many calls take longer than one.
        timeout_seconds=max(rater.timeout_seconds, FILE_SECONDS) if rater.is_batched else rater.timeout_seconds,
        is_local_allowed=settings.ARE_LOCAL_MODELS_ALLOWED,
        connections=rater.concurrency,
    )


def local_rater_of(rater: Rater) -> LocalRater:
    """A labelling function or classifier. Raises RatingFailed when it cannot be set up any more."""
    labels = rater.project.label_values
    if rater.kind == WorkerKind.FUNCTION:
        return build_function(rater.spec, labels=labels, allowed=settings.LABELLING_FUNCTIONS)
    if rater.kind == WorkerKind.CLASSIFIER:
        return Classifier(bytes(rater.snapshot.archive), labels=len(labels), field=rater.spec.get("field"))
    raise RatingFailed(FailureReason.FUNCTION_ERROR, f"a rater of kind {rater.kind} is asked over the network")
