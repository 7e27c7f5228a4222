"""Reads what a project knows of its workers: matrices by source of evidence, pace, drift, what trust foretold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crowd.enums import TaskState
from crowd.models import Adjudication, Gold, Project, Skill, Task
from crowd.queries.answers import ProjectAnswers, labelled, read_answers
from crowd.queries.consensus import newest_run
from crowd.queries.paces import Paces, read_paces
from crowd.queries.trust_calibration import LEAST_GOLDS, GoldAnswer, calibration, gold_answers
from quality.skill.by_label import information_shares, share_intervals
from quality.skill.collusion import benjamini_hochberg
from quality.skill.drift import drift_test
from quality.skill.peers import peer_counts

Counts = NDArray[np.float64]
FALSE_DISCOVERIES = 0.05
SEED = 20261122


@dataclass(frozen=True)
class TrustFigures:
    """Figures by worker id, and the project's reports; JSON throughout."""

    workers: dict[int, dict[str, Any]]
    contributors: dict[str, Any]
    drift: dict[str, Any]
    calibration: dict[str, Any]
    read: ProjectAnswers
    matrices: Counts
    paces: Paces


def trust_figures(project: Project) -> TrustFigures:
    """Compute everything from all labelled answers; for a job: the cost grows with the project."""
    read = read_answers(labelled(project), project)
    place = {worker_id: i for i, worker_id in enumerate(read.answers.workers)}
    golds = gold_answers(project)
    counts = {
        "gold": _gold_counts(project, place, golds),
        "peers": _peer_counts(project, read, place),
        "adjudications": _adjudicated_counts(project, read),
    }
    whole = sum((table for table in counts.values() if table is not None), np.zeros(_shape(project, place)))
    paces = read_paces(project)
    drift = _drift(golds)
    run = newest_run(project)
    prevalence = np.asarray(
        run.prevalence if run is not None and run.prevalence else [1 / len(project.labels)] * len(project.labels)
    )
    carried = information_shares(
        whole,
        np.bincount(read.answers.worker, minlength=len(place)).astype(np.int64),
        prevalence,
        rng=np.random.default_rng(SEED),
    )
    answered = np.bincount(read.answers.worker, minlength=len(place))
    workers: dict[int, dict[str, Any]] = {}
    contributors: list[dict[str, Any]] = []
    for worker_id, i in place.items():
        assert isinstance(worker_id, int)
        information = {
            "nats_per_answer": _interval(carried.per_answer[i], carried.low[i], carried.high[i]),
            "share_of_information": _interval(carried.share[i], carried.share_low[i], carried.share_high[i]),
            "share_of_answers": float(answered[i] / max(1, answered.sum())),
            "answers": int(answered[i]),
        }
        workers[worker_id] = {
            "labels": project.label_values,
            "sources": {
                name: None if table is None else _matrix(table[i], project.label_values)
                for name, table in counts.items()
            },
            "speed": paces.of(worker_id),
            "drift": drift["by_worker"].get(worker_id),
            "contribution": information,
        }
        contributors.append({"worker_id": worker_id, **information})
    contributors.sort(key=lambda row: -row["share_of_information"]["value"])
    return TrustFigures(
        workers=workers,
        contributors={"workers": contributors, "answers": int(answered.sum())},
        drift={"workers": drift["rows"], "false_discoveries": FALSE_DISCOVERIES},
        calibration=calibration(project, golds),
        read=read,
        matrices=whole,
        paces=paces,
    )


def _shape(project: Project, place: dict[Any, int]) -> tuple[int, int, int]:
    return len(place), len(project.labels), len(project.labels)


def _gold_counts(project: Project, place: dict[Any, int], golds: dict[int, list[GoldAnswer]]) -> Counts:
    index = {value: i for i, value in enumerate(project.label_values)}
    right = {
        task_id: index[labels[0]]
        for task_id, labels in Gold.objects.filter(project=project).values_list("task_id", "labels")
    }
    counts = np.zeros(_shape(project, place))
    for worker_id, rows in golds.items():
        for row in rows:
            # Where several labels are right, a right answer counts for the one given, a wrong one for the first.
            truth = row.label_index if row.is_right else right[row.task_id]
            counts[place[worker_id], truth, row.label_index] += 1
    return counts


def _adjudicated_counts(project: Project, read: ProjectAnswers) -> Counts:
    decided = dict(Adjudication.objects.filter(project=project).values_list("task_id", "label_index"))
    truth = np.array([decided.get(int(str(task)), -1) for task in read.answers.tasks], dtype=np.int64)
    counts = np.zeros((read.answers.n_workers, len(project.labels), len(project.labels)))
    if truth.size:
        kept = truth[read.answers.task] >= 0
        np.add.at(
            counts,
            (read.answers.worker[kept], truth[read.answers.task[kept]], read.answers.label[kept]),
            1.0,
        )
    return counts


def _peer_counts(project: Project, read: ProjectAnswers, place: dict[Any, int]) -> Counts | None:
    run = newest_run(project)
    stored = dict(Skill.objects.filter(project=project, confusion__isnull=False).values_list("worker_id", "confusion"))
    if run is None or not run.prevalence or not stored:
        return None
    n_labels = len(project.labels)
    # Whoever came after the newest fit: nothing is known, so their answers say nothing about the others.
    confusion = np.full(_shape(project, place), 1 / n_labels)
    for worker_id, i in place.items():
        if worker_id in stored:
            confusion[i] = stored[worker_id]
    finished = set(Task.objects.filter(project=project, state=TaskState.COMPLETE).values_list("id", flat=True))
    counted = np.array([task in finished and task not in read.gold for task in read.answers.tasks], dtype=np.bool_)
    return peer_counts(read.answers, np.asarray(run.prevalence), confusion, counted=counted)


def _drift(golds: dict[int, list[GoldAnswer]]) -> dict[str, Any]:
    tests = {
        worker_id: drift_test([row.is_right for row in rows], seed=worker_id)
        for worker_id, rows in golds.items()
        if len(rows) >= LEAST_GOLDS
    }
    found = benjamini_hochberg(np.array([test.p_value for test in tests.values()]), FALSE_DISCOVERIES)
    by_worker = {
        worker_id: {**asdict(test), "is_drifting": bool(flag)}
        for (worker_id, test), flag in zip(tests.items(), found, strict=True)
    }
    rows = [{"worker_id": worker_id, **row} for worker_id, row in by_worker.items()]
    return {"by_worker": by_worker, "rows": sorted(rows, key=lambda row: row["p_value"])}


def _matrix(counts: Counts, labels: list[str]) -> dict[str, Any]:
    """A worker's confusion matrix from one source, with the share of right answers per true label."""
    share, low, high = share_intervals(counts)
    return {
        "answers": float(counts.sum()),
        "per_label": [
            {"label": label, "n": float(counts[k].sum()), **_interval(share[k, k], low[k, k], high[k, k])}
            for k, label in enumerate(labels)
        ],
        "confusion": [
            [
                {"count": float(counts[k, g]), **_interval(share[k, g], low[k, g], high[k, g])}
                for g in range(len(labels))
            ]
            for k in range(len(labels))
        ],
    }


def _interval(value: float, low: float, high: float) -> dict[str, float | None]:
    return {
        name: None if not np.isfinite(figure) else round(float(figure), 6)
        for name, figure in (("value", value), ("low", low), ("high", high))
    }
