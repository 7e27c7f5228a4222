"""The posterior of a task between two full fits, from its answers and the stored matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crowd.models import Project
from crowd.policies.confusion import confusion_for_preview
from crowd.queries.consensus import newest_run, skills_of
from quality.aggregation.incremental import task_posterior


def preview_posterior(
    project: Project, given: Sequence[tuple[int, int]], shares: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """P(true label | answers): (K,), for (worker id, label index) pairs; the prevalence when there are none.

    ``shares``: how much of an answer each pair is, a model's soft vote being several; all whole where left out.

    Answers count as much as makes the preview as sure as the newest full fit, whose posterior is calibrated; one by
    one before the first fit. Three queries, whatever the project's size.
    """
    matrices, prevalence, weights = _known(project, given, shares)
    return task_posterior([label for _, label in given], matrices, prevalence, weights)


def posterior_steps(
    project: Project, given: Sequence[tuple[int, int]], shares: Sequence[float] | None = None
) -> list[NDArray[np.float64]]:
    """`preview_posterior` after each further pair, in their order: one (K,) each; as few queries as for the last."""
    matrices, prevalence, weights = _known(project, given, shares)
    labels = [label for _, label in given]
    return [task_posterior(labels[:n], matrices[:n], prevalence, weights[:n]) for n in range(1, len(labels) + 1)]


def _known(
    project: Project, given: Sequence[tuple[int, int]], shares: Sequence[float] | None
) -> tuple[list[list[list[float]]], list[float], list[float]]:
    """What is known now: each pair's confusion matrix, the prevalence, the weights."""
    n_labels = len(project.labels)
    run = newest_run(project)
    skills = skills_of(project, [worker_id for worker_id, _ in given])
    matrices = [
        confusion_for_preview(
            n_labels=n_labels,
            fitted=None if skill is None else skill.confusion,
            gold_accuracy=None if skill is None else skill.mean,
        )
        for skill in (skills.get(worker_id) for worker_id, _ in given)
    ]
    prevalence: list[float] = [1 / n_labels] * n_labels
    if run is not None and run.prevalence is not None and len(run.prevalence) == n_labels:
        prevalence = run.prevalence
    weight = 1.0 if run is None or run.preview_weight is None else run.preview_weight
    return matrices, prevalence, [weight * share for share in shares or [1.0] * len(given)]
