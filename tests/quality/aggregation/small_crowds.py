"""Small crowds on which every model over labels must hold its promises."""

from __future__ import annotations

import warnings

import numpy as np

from quality.answers import AnswerSet
from quality.errors import ConvergenceWarning
from quality.results import AggregationResult

EDGES = {
    "no answers": ([], ("a", "b")),
    "one answer": ([("t1", "w1", "b")], ("a", "b")),
    "one label": ([("t1", "w1", "a"), ("t1", "w2", "a"), ("t2", "w1", "a")], ("a",)),
    "one worker": ([("t1", "w1", "a"), ("t2", "w1", "b"), ("t3", "w1", "b")], ("a", "b")),
    "a label nobody gave": ([("t1", "w1", "a"), ("t1", "w2", "b"), ("t2", "w2", "b")], ("a", "b", "c")),
}


def edge(name: str) -> AnswerSet:
    records, labels = EDGES[name]
    return AnswerSet.from_records(records, labels=labels)


def quietly(model, answers: AnswerSet, **given) -> AggregationResult:
    """Fit without the warning that a bounded fit stopped early."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(answers, **given)


def shuffled(answers: AnswerSet, seed: int) -> AnswerSet:
    """The same answers in another order, their tasks and workers numbered anew."""
    order = np.random.default_rng(seed).permutation(answers.n_answers)
    records = [
        (answers.tasks[answers.task[i]], answers.workers[answers.worker[i]], answers.labels[answers.label[i]])
        for i in order
    ]
    return AnswerSet.from_records(records, labels=answers.labels)


def by_task(result: AggregationResult, rows=None) -> dict:
    values = result.posterior if rows is None else rows
    return dict(zip(result.tasks, values, strict=True))


def subtype_crowd(seed: int, n_tasks: int = 400, n_workers: int = 20, overlap: int = 12):
    """Answers (AnswerSet), true labels (T,): half of the tasks of label 1 look like label 0 to most workers."""
    random = np.random.default_rng(seed)
    true = random.integers(0, 2, n_tasks)
    misleading = (true == 1) & (random.random(n_tasks) < 0.5)
    workers = np.array([random.choice(n_workers, overlap, replace=False) for _ in range(n_tasks)])
    expert = random.random(n_workers) < 0.4
    right = np.where(expert, 0.9, 0.8)[workers]
    right = np.where(misleading[:, None] & ~expert[workers], 0.1, right)
    label = np.where(random.random(workers.shape) < right, true[:, None], 1 - true[:, None])
    task = np.repeat(np.arange(n_tasks), overlap)
    answers = AnswerSet.from_arrays(
        task, workers.ravel(), label.ravel(), tasks=range(n_tasks), workers=range(n_workers), labels=range(2)
    )
    return answers, true
