"""Models' votes beside people's: each group of related models counts as little as its shared errors ask for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Literal

import numpy as np

from quality.aggregation.copies import find_copies
from quality.aggregation.groups import discount_groups, pool_groups
from quality.answers import AnswerSet

Rule = Literal["pool", "discount"]


def count_models(
    answers: AnswerSet,
    groups: Mapping[Any, Hashable],
    *,
    rule: Rule = "pool",
    correlation: Mapping[Hashable, float] | None = None,
) -> AnswerSet:
    """People's answers with the models' votes as they may enter a fit.

    groups: model -> its group, such as its base model; everybody else is a person, whose votes are whole. "pool": a
    group casts one fractional vote a task under the name ("group", name), with one confusion matrix. "discount": the
    members keep matrices of their own, each of m votes of a group on a task weighing 1 / (1 + (m − 1) ρ) with ρ from
    ``correlation``, 1 for a group that is not in it: where nothing is known, models are taken for copies of each other.

    Models' votes may be soft: several rows of one (task, model) with weights that sum to at most 1. Workers among the
    people who copy each other share one vote, which a model looks for only while all votes are whole. Raises
    ValueError on a correlation outside [0, 1] or another rule.
    """
    if rule not in ("pool", "discount"):
        raise ValueError(f"rule is {rule!r}; it is 'pool' or 'discount'")
    members = {worker: ("group", name) for worker, name in groups.items() if worker in set(answers.workers)}
    if not members:
        return answers
    copies = find_copies(people_only(answers, members))
    if copies:
        answers = discount_groups(answers, copies, 1.0)
    if rule == "pool":
        return pool_groups(answers, members)
    for group in set(members.values()):
        of_group = {worker: name for worker, name in members.items() if name == group}
        answers = discount_groups(answers, of_group, (correlation or {}).get(group[1], 1.0))
    return answers


def people_only(answers: AnswerSet, models: Mapping[Any, Any]) -> AnswerSet:
    """The answers of everybody who is not among ``models``, whole; the vocabularies stay."""
    is_model = np.array([worker in models for worker in answers.workers], dtype=bool)
    kept = ~is_model[answers.worker] if len(is_model) else np.zeros(0, dtype=bool)
    return AnswerSet(
        task=answers.task[kept],
        worker=answers.worker[kept],
        label=answers.label[kept],
        tasks=answers.tasks,
        workers=answers.workers,
        labels=answers.labels,
    )
