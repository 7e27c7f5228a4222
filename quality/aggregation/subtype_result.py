"""Subtype result: an aggregation result from a variational fit of confusion matrices."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.incidence import Incidence, without_tasks
from quality.aggregation.subtypes import SubtypeFit
from quality.aggregation.workers import note_below_chance, worker_figures
from quality.answers import AnswerSet
from quality.errors import ConvergenceWarning
from quality.numerics import tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]

EMPTY_SHARE = 1e-3
"""Pseudo-tasks of a subtype, so that a label nobody was given averages its subtypes evenly."""


def empty_result(model: str, crowd: Incidence, parameters: Mapping[str, Any]) -> AggregationResult:
    """The result where there is neither an answer nor a gold label: uniform, with a note that says so."""
    answers = crowd.answers
    K = max(answers.n_labels, 1)
    return AggregationResult(
        model=model,
        tasks=answers.tasks,
        workers=answers.workers,
        labels=answers.labels,
        posterior=np.full((answers.n_tasks, answers.n_labels), 1.0 / K),
        prevalence=np.full(answers.n_labels, 1.0 / K),
        ties=np.zeros(answers.n_tasks, dtype=bool),
        parameters=parameters,
        notes=("there are no answers to learn from",),
    )


def subtype_result(
    model: str, crowd: Incidence, fit: SubtypeFit, parameters: Mapping[str, Any], notes: tuple[str, ...] = ()
) -> AggregationResult:
    """Matrices are the posterior means, subtypes averaged by their share; warns when the fit did not converge."""
    if not fit.converged:
        warnings.warn(
            f"{model} stopped after {len(fit.bound)} iterations; a posterior still moved by {fit.change:.2g}",
            ConvergenceWarning,
            stacklevel=3,
        )
    answers: AnswerSet = crowd.answers
    K, M = answers.n_labels, fit.n_subtypes
    sizes = fit.shares.sum(axis=0).reshape(K, M) + EMPTY_SHARE
    weights = sizes / sizes.sum(axis=1, keepdims=True)
    rows = fit.table / fit.table.sum(axis=1, keepdims=True)
    confusion = (rows * weights).sum(axis=3)
    resting = (fit.table.sum(axis=1) * weights).sum(axis=2)
    figures = worker_figures(np.log(confusion), resting, fit.prevalence)
    posterior = without_tasks(crowd, fit.posterior, fit.prevalence)
    return AggregationResult(
        model=model,
        tasks=answers.tasks,
        workers=answers.workers,
        labels=answers.labels,
        posterior=posterior,
        prevalence=fit.prevalence,
        **vars(figures),
        objective=np.array(fit.bound),
        objective_name="evidence lower bound",
        converged=fit.converged,
        n_iter=len(fit.bound),
        ties=tied(posterior) & crowd.seen,
        parameters=parameters,
        notes=(*notes, *note_below_chance(answers.workers, figures.ability_high, K)),
    )
