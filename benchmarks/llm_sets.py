"""Sets with votes of people and of models on the same tasks, read from a folder of llm/NAME.csv."""

from __future__ import annotations

import csv
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quality.aggregation import MODELS
from quality.aggregation.model_votes import count_models
from quality.answers import AnswerSet

Record = tuple[Hashable, Hashable, Hashable]


@dataclass(frozen=True)
class VotedSet:
    """people_records: (task, person, label). models: rater -> {task: label}. truth: task -> label, {} where unknown.

    probable: (task, label, confidence) of the votes that come with one.
    """

    name: str
    people_records: Sequence[Record]
    models: Mapping[Hashable, Mapping[Hashable, Hashable]]
    truth: Mapping[Hashable, Hashable]
    labels: Sequence[str]
    probable: Sequence[tuple[str, str, float]]

    def answers(self, chosen: Sequence[Hashable]) -> AnswerSet:
        """People's answers with the votes of the ``chosen`` models."""
        votes = [(task, rater, label) for rater in chosen for task, label in self.models[rater].items()]
        return AnswerSet.from_records([*self.people_records, *votes], labels=self.labels)

    def accuracy(self, chosen: Sequence[Hashable]) -> float:
        """Share of the tasks with a truth that the consensus of people and the ``chosen`` models gets right.

        Each model is a group of its own: they come from different families.
        """
        answers = self.answers(chosen)
        result = MODELS["auto"]().fit(count_models(answers, {rater: rater for rater in chosen}))
        found = dict(zip(answers.tasks, result.consensus, strict=True))
        return sum(found.get(task) == label for task, label in self.truth.items()) / len(self.truth)


def voted_names(folder: Path) -> list[str]:
    """The sets of a folder, those with a truth first."""
    with (folder / "llm" / "SIZES.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows.sort(key=lambda row: (int(row["items_with_truth"]) == 0, row["name"]))
    return [row["name"] for row in rows]


def read_voted(folder: Path, name: str) -> VotedSet:
    """One set. A rater's repeated votes on a task are left out but for the first."""
    people: dict[tuple[str, str], Record] = {}
    models: dict[Hashable, dict[Hashable, Hashable]] = {}
    truth: dict[Hashable, Hashable] = {}
    labels: set[str] = set()
    probable: list[tuple[str, str, float]] = []
    with (folder / "llm" / f"{name}.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            item, rater, label = row["item"], row["rater"], row["label"]
            labels.add(label)
            if row["truth"]:
                truth[item] = row["truth"]
                labels.add(row["truth"])
            if row["kind"] == "human":
                people.setdefault((item, rater), (item, rater, label))
            else:
                models.setdefault(rater, {}).setdefault(item, label)
                if row["prob"]:
                    probable.append((item, label, float(row["prob"])))
    return VotedSet(name, list(people.values()), models, truth, sorted(labels), probable)
