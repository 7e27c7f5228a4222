"""Predictive check: how far a task's evidence must be discounted to predict each answer from the task's others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.ebcc import task_rank
from quality.aggregation.incidence import Incidence
from quality.numerics import normalise_logs

Floats = NDArray[np.floating[Any]]

LOG_RANGE = (0.0, 4.0)
"""Discounts looked for: from none to e⁴, one answer worth of evidence in fifty-five."""

SMALLEST = 1e-3
"""Least pseudo-count of a cell once its own answer is left out."""


@dataclass(frozen=True)
class HeldOut:
    """temperature: the discount at which held-out answers are most likely. score: their mean log-likelihood then, in
    nats an answer; ``undiscounted`` without any discount."""

    temperature: float
    score: float
    undiscounted: float


def held_out_answers(
    crowd: Incidence, posterior: Floats, logits: Floats, table: Floats, prevalence: Floats, *, most: int = 200_000
) -> HeldOut:
    """Predict every answer from the other answers to its task, evidence divided by a temperature.

    posterior, logits: (T, K), of the model before gold is clamped. table: (W, K, K) pseudo-counts [worker, given,
    true]; an answer's own share is taken out of its worker's counts, so that it does not predict itself. Workers
    whose errors are correlated make the plain product of their probabilities too sure of the rest: the best
    temperature says by how much. Above ``most`` answers whole tasks are sampled evenly, in the order of their ids.
    """
    answers = crowd.answers
    K = answers.n_labels
    if K < 2 or answers.n_answers == 0:
        return HeldOut(1.0, 0.0, 0.0)
    chosen = np.arange(answers.n_answers)
    if answers.n_answers > most:
        stride = -(-answers.n_answers // most)
        chosen = np.flatnonzero((task_rank(answers) % stride == 0)[answers.task])
    task, worker, label = answers.task[chosen], answers.worker[chosen], answers.label[chosen]
    weight = np.ones(len(chosen)) if answers.weight is None else answers.weight[chosen].astype(float)
    totals = table.sum(axis=1)
    log_prior = np.log(prevalence)
    given = table[worker, label]
    own_evidence = weight[:, None] * np.log(given / totals[worker])
    rest = logits[task] - log_prior - own_evidence
    own_share = weight[:, None] * posterior[task]
    predicted = np.maximum(given - own_share, SMALLEST) / np.maximum(totals[worker] - own_share, SMALLEST * K)

    # Loaded here, since it takes 25 MB.
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        shares, _ = normalise_logs(rest / np.exp(log_temperature) + log_prior)
        likelihood = (shares * np.minimum(predicted, 1.0)).sum(axis=1)
        return -float(np.average(np.log(likelihood), weights=weight))

    plain = loss(0.0)
    found = minimize_scalar(loss, bounds=LOG_RANGE, method="bounded", options={"xatol": 0.01})
    if not found.fun < plain:
        return HeldOut(1.0, -plain, -plain)
    return HeldOut(float(np.exp(found.x)), -float(found.fun), -plain)


def influence_of_answers(
    crowd: Incidence, log_table: Floats, logits: Floats, temperature: float, *, chunk: int = 500_000
) -> NDArray[np.float32]:
    """How much each answer moved its task: (N,), total variation between the posterior with and without it.

    log_table: (W, K, K) log P(given | true) [worker, given, true], held fixed. logits: (T, K) with all answers. Both
    are divided by the temperature. An answer to a gold task moves nothing.
    """
    answers = crowd.answers
    moved = np.zeros(answers.n_answers, dtype=np.float32)
    full, _ = normalise_logs(logits / temperature)
    for start in range(0, answers.n_answers, chunk):
        part = slice(start, start + chunk)
        own = log_table[answers.worker[part], answers.label[part]]
        if answers.weight is not None:
            own = own * answers.weight[part, None]
        task = answers.task[part]
        without, _ = normalise_logs((logits[task] - own) / temperature)
        moved[part] = 0.5 * np.abs(without - full[task]).sum(axis=1)
    moved[crowd.gold[answers.task] >= 0] = 0.0
    return moved
