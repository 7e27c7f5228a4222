"""Everything the report needs from the server, read over the API once the queue is idle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from assay_client import AssayClient
from assay_client.shapes import Json
from demo.project import LABELS
from demo.workers import DemoWorker, Origin
from quality.answers import AnswerSet


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The server's replies about one project, with the names of its workers by their ids."""

    project: Json
    answers: list[Json]
    consensus: list[Json]
    agreement: Json
    trust: list[Json]
    payouts: Json
    workers: Mapping[str, DemoWorker]

    @cached_property
    def counted(self) -> AnswerSet:
        """The answers on tasks that the server's fit is made of; workers by name."""
        votes = {row["worker"]["id"] for row in self.trust if row["vote"] != "shadow"}
        return self.on_tasks(lambda answer: answer["worker"]["id"] in votes)

    @cached_property
    def of_people(self) -> AnswerSet:
        """The answers on tasks by replayed and planted workers."""
        return self.on_tasks(lambda answer: self.worker_of(answer).origin != "function")

    @cached_property
    def of_replayed(self) -> AnswerSet:
        """The answers on tasks that are real ratings."""
        return self.on_tasks(lambda answer: self.worker_of(answer).origin == "replayed")

    def on_tasks(self, keep: Callable[[Json], bool]) -> AnswerSet:
        """The answers on tasks (not on golds) that ``keep`` says; workers by name."""
        return AnswerSet.from_records(
            (
                (answer["task_key"], self.worker_of(answer).name, answer["value"])
                for answer in self.answers
                if not answer["is_gold"] and keep(answer)
            ),
            labels=LABELS,
        )

    @property
    def labels(self) -> dict[str, str]:
        """The server's consensus label of every task that has one."""
        return {row["task_key"]: row["label"] for row in self.consensus}

    def count_by_origin(self, *, is_gold: bool, is_surplus: bool = False) -> Counter[Origin]:
        """How many such answers came from replayed, planted, function workers."""
        return Counter(
            self.worker_of(answer).origin
            for answer in self.answers
            if answer["is_gold"] == is_gold and answer["is_surplus"] == is_surplus
        )

    def worker_of(self, row: Json) -> DemoWorker:
        """The demo's worker that a row of a reply is about."""
        return self.workers[row["worker"]["id"]]


def collect(manager: AssayClient, project: str, workers: Mapping[str, DemoWorker]) -> Findings:
    """Read it all; the project must be idle, or the parts would be of different times."""
    return Findings(
        project=manager.project(project),
        answers=list(manager.answers(project)),
        consensus=list(manager.consensus(project)),
        agreement=manager.agreement(project),
        trust=list(manager.trust(project)),
        payouts=manager.payouts(project),
        workers=workers,
    )
