"""The views by worker, label, pair, task as plain rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from quality.agreement.alpha import alpha_of
from quality.agreement.by_label import label_agreement
from quality.agreement.by_task import task_disagreement
from quality.agreement.by_worker import worker_agreement
from quality.agreement.pairs import pair_matrix
from quality.agreement.patterns import PatternTable
from quality.agreement.report import ReportOptions
from quality.agreement.values import DENSE_LABELS, as_table
from quality.agreement.weights import Weights
from quality.answers import AnswerSet

VIEWS = ("worker", "label", "pair", "task")


def view_rows(answers: AnswerSet, by: str, options: ReportOptions, *, min_shared: int = 1) -> list[dict[str, Any]]:
    """One plain record per worker, label, pair of workers or task.

    Raises ValueError for an unknown view, or for more than 48 labels where the view needs a pattern table.
    """
    if by not in VIEWS:
        raise ValueError(f"unknown view {by!r}; choose one of {', '.join(VIEWS)}")
    weights: Weights = "identity" if options.weights is None else options.weights
    if by in ("label", "pair") and answers.n_labels > DENSE_LABELS:
        raise ValueError(f"the view by {by} holds up to {DENSE_LABELS} labels; there are {answers.n_labels}")
    if by == "task":
        return _tasks(answers, weights)
    if by == "pair":
        return pair_matrix(answers, min_shared=min_shared, weights=weights).rows()
    if by == "worker":
        found = worker_agreement(answers, alpha_of(as_table(answers), options.scale), weights=weights)
        return [entry.as_dict() for entry in found]
    table = PatternTable.from_answers(answers)
    rows = []
    for label, results in label_agreement(table, options=options.interval, rng=options.seed).items():
        for metric, result in results.items():
            rows.append({"label": label, "metric": metric} | {k: getattr(result, k) for k in _SHOWN})
            rows[-1]["share"] = result.prevalence.get(label)
    return rows


_SHOWN = ("value", "reason", "se", "low", "high", "method", "tasks")


def _tasks(answers: AnswerSet, weights: Weights) -> list[dict[str, Any]]:
    found = task_disagreement(answers, weights=weights)
    return [
        {
            "task": task,
            "answers": int(n),
            "entropy": float(entropy) if np.isfinite(entropy) else None,
            "disagreement": float(gap) if np.isfinite(gap) else None,
        }
        for task, n, entropy, gap in zip(answers.tasks, found.answers, found.entropy, found.disagreement, strict=True)
    ]
