"""Scores the items of comparisons by Bradley-Terry, beside the full fit of the labels."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from crowd.models import AggregationRun, ItemScore, Project
from crowd.policies.forms.labels import FIRST, SECOND
from crowd.policies.item_scores import scored_pairs
from crowd.queries.item_scores import compared_items, comparisons
from quality.aggregation.bradley_terry import BradleyTerry
from quality.answer_forms import PairwiseAnswers
from quality.errors import ConvergenceWarning

BATCH = 500


@dataclass(frozen=True)
class ItemFit:
    """Rows to store, without their run, with what the run says of them."""

    rows: list[ItemScore]
    said: dict[str, Any]


def fit_items(*, project: Project, known: Mapping[Hashable, Hashable]) -> ItemFit:
    """Fit the comparisons between items that return in other tasks; ``known``: label index by task id."""
    picked = scored_pairs(compared_items(project))
    said: dict[str, Any] = {"named": picked.named, "refusal": picked.refusal, "notes": []}
    answers = PairwiseAnswers.from_records(comparisons(project, picked.pairs))
    if not answers.n_answers:
        return ItemFit([], said)
    sides = {project.label_values.index(side): place for place, side in enumerate((FIRST, SECOND))}
    # What is known to be a tie prefers neither: its answers count like others.
    gold = {
        task: picked.pairs[task][sides[label]]  # type: ignore[index]
        for task, label in known.items()
        if task in set(answers.tasks) and label in sides
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = BradleyTerry().fit(answers, gold=gold)
    stopped = [str(w.message) for w in caught if issubclass(w.category, ConvergenceWarning)]
    said["notes"] = [*result.notes, *stopped]
    sides_of_answers = np.concatenate((answers.first[answers.task], answers.second[answers.task]))
    per_item = np.bincount(sides_of_answers, minlength=answers.n_options).tolist()
    tasks = np.bincount(np.concatenate((answers.first, answers.second)), minlength=answers.n_options).tolist()
    rows = [
        ItemScore(
            project=project,
            item=str(result.options[i]),
            place=place,
            score=float(result.score[i]),
            low=float(result.low[i]),
            high=float(result.high[i]),
            part=int(result.component[i]),
            tasks=tasks[i],
            answers=per_item[i],
        )
        for place, i in enumerate(result.ranking.tolist(), start=1)
    ]
    return ItemFit(rows, said)


def store_items(*, project: Project, run: AggregationRun, fit: ItemFit) -> None:
    """Put the rows in the place of the earlier ones, in the caller's transaction, before the run is saved."""
    ItemScore.objects.filter(project=project).delete()
    for row in fit.rows:
        row.run = run
    ItemScore.objects.bulk_create(fit.rows, batch_size=BATCH)
    run.estimates = {"items": fit.said}
