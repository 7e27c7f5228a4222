"""What fixed overlaps would have given: the same workers' answers replayed offline, many times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.figures import Estimate, mean_estimate
from demo.project import LABELS, Material, task_key
from demo.workers import DemoWorker
from quality.aggregation import DawidSkene, Majority
from quality.answers import AnswerSet

DRAWS = 20
# Some draws of few answers creep along a flat likelihood; a warning in the middle of the report would help nobody.
MAX_ITER = 2000


@dataclass(frozen=True, kw_only=True)
class FixedOverlap:
    """Asking exactly ``overlap`` people about every task, drawn at random; means over the draws.

    ``hits``: the share of draws in which each task came out right, by task key.
    """

    overlap: int
    answers: int
    majority: Estimate
    dawid_skene: Estimate
    hits: dict[str, float]


def replay_fixed_overlap(
    material: Material,
    people: Sequence[DemoWorker],
    overlap: int,
    *,
    models: Sequence[DemoWorker] = (),
    draws: int = DRAWS,
) -> FixedOverlap:
    """Ask ``overlap`` of ``people`` about every task, ``draws`` times over; the draws follow the plan's seed.

    ``models`` vote on every task as well, in the fit but not in the majority. Raises ValueError when there are fewer
    people than ``overlap``.
    """
    if overlap > len(people):
        raise ValueError(f"an overlap of {overlap} needs as many workers, there are {len(people)}")
    rng = random.Random(material.plan.seed)
    texts = {task_key(snippet): snippet.text for snippet in material.tasks}
    said = {(key, worker.name): worker.answer(text) for key, text in texts.items() for worker in (*people, *models)}
    names = [worker.name for worker in people]
    extra = [(key, model.name, said[key, model.name]) for key in texts for model in models]
    truth = material.truth
    right = {model: dict.fromkeys(texts, 0) for model in ("majority", "dawid-skene")}
    for _ in range(draws):
        records = [(key, name, said[key, name]) for key in texts for name in rng.sample(names, overlap)]
        votes, fitted = (AnswerSet.from_records(rows, labels=LABELS) for rows in (records, records + extra))
        for model, found in (("majority", majority_labels(votes)), ("dawid-skene", dawid_skene_labels(fitted))):
            for key, label in found.items():
                right[model][key] += label == truth[key]
    share = {model: {key: count / draws for key, count in counts.items()} for model, counts in right.items()}
    return FixedOverlap(
        overlap=overlap,
        answers=overlap * len(texts),
        majority=mean_estimate(list(share["majority"].values())),
        dawid_skene=mean_estimate(list(share["dawid-skene"].values())),
        hits=share["dawid-skene"],
    )


def against_fixed(adaptive: dict[str, bool], fixed: FixedOverlap) -> Estimate:
    """Accuracy of the adaptive run minus that of the fixed overlap, paired by task."""
    return mean_estimate([float(is_right) - fixed.hits[key] for key, is_right in adaptive.items()])


def majority_labels(answers: AnswerSet) -> dict[str, str]:
    """The label with the most votes, by task; equal votes go to the label that comes first in the label set."""
    result = Majority().fit(answers)
    return {str(task): str(label) for task, label in zip(result.tasks, result.consensus, strict=True)}


def dawid_skene_labels(answers: AnswerSet) -> dict[str, str]:
    """The label that Dawid-Skene finds the most likely, by task."""
    result = DawidSkene(max_iter=MAX_ITER).fit(answers)
    return {str(task): str(label) for task, label in zip(result.tasks, result.consensus, strict=True)}
