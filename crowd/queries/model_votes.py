"""Reads models' votes as they enter a fit: soft, calibrated, pooled with their kin, never alone on a flagged task."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crowd.enums import WorkerKind
from crowd.models import Answer, GateTerms, InjectionFlag, ModelStanding, Project, Rater, VoteDetail, Worker
from crowd.queries.answers import ProjectAnswers
from quality.aggregation.model_votes import count_models
from quality.answers import AnswerSet
from quality.models_vs_humans.calibration import SoftCalibration, SoftVoteCalibrator

Floats = NDArray[np.floating[Any]]

# Fewer golds say less than the priors of the calibration.
LEAST_GOLDS = 10
# A label under this share of a vote is none of it.
SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class Weighted:
    """A vote between full fits: a worker gave a label, as so much of an answer."""

    worker_id: int
    label_index: int
    weight: float


def gate_terms(project: Project) -> GateTerms:
    """How the project treats its models: its row, or the defaults."""
    return GateTerms.objects.filter(project=project).first() or GateTerms(project=project)


def groups_of(worker_ids: Iterable[int]) -> dict[Hashable, Hashable]:
    """The group of each model among the workers; people are left out. A model without a rater is alone in its group
    unless its description names a ``family``.
    """
    ids = list(worker_ids)
    raters = dict(Rater.objects.filter(worker__in=ids).values_list("worker_id", "group"))
    models = Worker.objects.filter(pk__in=ids).exclude(kind=WorkerKind.HUMAN).values_list("id", "model")
    return {worker_id: raters.get(worker_id) or _family(worker_id, model) for worker_id, model in models}


def as_counted(read: ProjectAnswers, project: Project) -> ProjectAnswers:
    """The answers with the models' votes as a fit takes them; the same when there are none.

    Soft votes are calibrated on gold, those on gold tasks by a fit that has not seen them; a group is pooled or
    discounted by the project's terms; a vote on a task flagged for injection that no person answered is left out.
    """
    groups = groups_of(int(str(worker)) for worker in read.answers.workers)
    if not groups:
        return read
    terms = gate_terms(project)
    answers = _without_flagged(read.answers, groups, project)
    soft = _soft_votes(project, groups, read)
    answers = _with_soft(answers, soft)
    rule = "pool" if terms.pooling == "pool" else "discount"
    counted = count_models(answers, groups, rule=rule, correlation=_correlations(project))  # type: ignore[arg-type]
    members: dict[Hashable, list[int]] = {}
    for worker, group in groups.items():
        members.setdefault(("group", group), []).append(int(str(worker)))
    return replace(read, answers=counted, stored=read.answers, members=members)


def preview_votes(project: Project, task_id: int, answers: Sequence[Answer]) -> list[Weighted]:
    """A task's answers as the preview takes them; a handful of queries where models voted, none elsewhere."""
    rows = [(answer.worker_id, answer.label_index) for answer in answers if answer.label_index is not None]
    voters = [answer.worker_id for answer in answers if answer.is_model]
    if not voters:
        return [Weighted(worker_id, label, 1.0) for worker_id, label in rows]
    if len(voters) == len(rows) and InjectionFlag.objects.filter(task=task_id).exists():
        return []
    groups = groups_of(voters)
    standings = {row.worker_id: row for row in ModelStanding.objects.filter(project=project, worker__in=voters)}
    details = dict(
        VoteDetail.objects.filter(task=task_id, rater__worker__in=voters, probabilities__isnull=False).values_list(
            "rater__worker_id", "probabilities"
        )
    )
    sizes: dict[Hashable, int] = {}
    for worker_id in voters:
        sizes[groups[worker_id]] = sizes.get(groups[worker_id], 0) + 1
    is_pooled = gate_terms(project).pooling == "pool"
    votes = []
    for worker_id, label in rows:
        if worker_id not in groups:
            votes.append(Weighted(worker_id, label, 1.0))
            continue
        m, standing = sizes[groups[worker_id]], standings.get(worker_id)
        rho = 1.0 if standing is None or standing.group_correlation is None else standing.group_correlation
        weight = 1 / m if is_pooled else 1 / (1 + (m - 1) * rho)
        shares = _one_hot(label, len(project.labels))
        stored = details.get(worker_id)
        if stored is not None:
            shares = calibration_of(standing, len(project.labels)).apply([normalised(stored)])[0]
        votes += [
            Weighted(worker_id, i, weight * float(share)) for i, share in enumerate(shares) if share >= SMALLEST_SHARE
        ]
    return votes


def calibration_of(standing: ModelStanding | None, n_labels: int) -> SoftCalibration:
    """The stored calibration of a model's soft votes; the identity where there is none."""
    if standing is None or standing.temperature is None or standing.bias is None or len(standing.bias) != n_labels:
        return SoftCalibration(temperature=1.0, bias=np.zeros(n_labels), n_gold=0)
    return SoftCalibration(
        temperature=standing.temperature, bias=np.array(standing.bias), n_gold=standing.calibration_golds
    )


def probabilities_of(project: Project, worker_ids: Iterable[int]) -> dict[int, dict[int, list[float]]]:
    """By worker, by task id: the stored label probabilities, made to sum to 1."""
    rows = (
        VoteDetail.objects.filter(project=project, rater__worker__in=list(worker_ids), probabilities__isnull=False)
        .exclude(answer__isnull=True)
        .order_by("id")
        .values_list("rater__worker_id", "task_id", "probabilities")
    )
    found: dict[int, dict[int, list[float]]] = {}
    for worker_id, task_id, probabilities in rows.iterator():
        if probabilities is not None and len(probabilities) == len(project.labels):
            found.setdefault(worker_id, {})[task_id] = normalised(probabilities)
    return found


def fit_calibration(
    votes: Mapping[int, Sequence[float]], gold: Mapping[Hashable, Hashable]
) -> tuple[SoftCalibration | None, dict[int, Floats]]:
    """Calibrate on the tasks with a known label: (for the other tasks, cross-fitted votes of the known ones).

    (None, {}) under `LEAST_GOLDS`.
    """
    known = [task for task in votes if task in gold]
    if len(known) < LEAST_GOLDS:
        return None, {}
    q = np.array([votes[task] for task in known])
    truth = np.array([int(str(gold[task])) for task in known])
    calibrator = SoftVoteCalibrator()
    # Seeded: the same answers give the same fit.
    crossed = calibrator.cross_fitted(q, truth, rng=np.random.default_rng(0))
    return calibrator.fit(q, truth), dict(zip(known, crossed, strict=True))


def normalised(probabilities: Sequence[float]) -> list[float]:
    """The same with a sum of 1: they may have been rounded on their way."""
    total = sum(probabilities)
    return [share / total for share in probabilities] if total > 0 else [1 / len(probabilities)] * len(probabilities)


def _family(worker_id: int, model: Any) -> str:
    family = model.get("family") if isinstance(model, dict) else None
    return str(family) if family else f"worker {worker_id}"


def _correlations(project: Project) -> dict[Hashable, float]:
    rows = ModelStanding.objects.filter(project=project).values_list("group", "group_correlation")
    return {group: rho for group, rho in rows if rho is not None}


def _without_flagged(answers: AnswerSet, groups: Mapping[Hashable, Hashable], project: Project) -> AnswerSet:
    flagged = set(InjectionFlag.objects.filter(project=project).values_list("task_id", flat=True))
    if not flagged:
        return answers
    is_model = np.array([worker in groups for worker in answers.workers], dtype=bool)[answers.worker]
    people = np.bincount(answers.task[~is_model], minlength=answers.n_tasks)
    is_flagged = np.array([task in flagged for task in answers.tasks], dtype=bool)
    return _taken(answers, ~(is_model & (is_flagged & (people == 0))[answers.task]))


def _soft_votes(
    project: Project, groups: Mapping[Hashable, Hashable], read: ProjectAnswers
) -> dict[tuple[int, int], Floats]:
    """Calibrated label probabilities by (task id, worker id)."""
    soft: dict[tuple[int, int], Floats] = {}
    for worker_id, votes in probabilities_of(project, (int(str(worker)) for worker in groups)).items():
        calibration, crossed = fit_calibration(votes, read.gold)
        tasks = [task for task in votes if task not in crossed]
        raw = np.array([votes[task] for task in tasks]).reshape(-1, len(project.labels))
        values = raw if calibration is None or not len(raw) else calibration.apply(raw)
        soft.update({(task, worker_id): row for task, row in zip(tasks, values, strict=True)})
        soft.update({(task, worker_id): row for task, row in crossed.items()})
    return soft


def _with_soft(answers: AnswerSet, soft: Mapping[tuple[int, int], Floats]) -> AnswerSet:
    """Each answer with probabilities as one row per label, weighed by them."""
    if not soft:
        return answers
    tasks, workers = answers.tasks, answers.workers
    by_worker = {worker for _, worker in soft}
    candidates = np.flatnonzero(np.array([worker in by_worker for worker in workers], dtype=bool)[answers.worker])
    rows: list[tuple[int, int, int, float]] = []
    is_replaced = np.zeros(answers.n_answers, dtype=bool)
    for row in candidates.tolist():
        task, worker = int(answers.task[row]), int(answers.worker[row])
        shares = soft.get((int(str(tasks[task])), int(str(workers[worker]))))
        if shares is None:
            continue
        is_replaced[row] = True
        rows += [(task, worker, i, float(share)) for i, share in enumerate(shares) if share >= SMALLEST_SHARE]
    if not rows:
        return answers
    kept = _taken(answers, ~is_replaced)
    added = np.array(rows)
    return AnswerSet(
        task=np.concatenate([kept.task, added[:, 0].astype(np.int32)]),
        worker=np.concatenate([kept.worker, added[:, 1].astype(np.int32)]),
        label=np.concatenate([kept.label, added[:, 2].astype(np.int32)]),
        tasks=tasks,
        workers=workers,
        labels=answers.labels,
        weight=np.concatenate([np.ones(kept.n_answers), np.minimum(added[:, 3], 1.0)]).astype(np.float32),
    )


def _taken(answers: AnswerSet, used: NDArray[np.bool_]) -> AnswerSet:
    return replace(answers, task=answers.task[used], worker=answers.worker[used], label=answers.label[used])


def _one_hot(label: int, n_labels: int) -> Floats:
    shares = np.zeros(n_labels)
    shares[label] = 1.0
    return shares
