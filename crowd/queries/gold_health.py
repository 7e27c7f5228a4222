"""Reads whether a project's golds can be trusted: stock, use, leaks, wrong labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from crowd.enums import AnswerType
from crowd.models import Answer, Gold, Project, Worker
from crowd.policies.answer_types import LABELLED
from quality.skill.gold_audit import GoldSuspicion, LeakTest, discoveries, leak_test, suspect_golds

# A gold is old once so many answers have been given to it: by then it may have been passed on.
OLD_AFTER = 20
# Under this probability of a wrong label a gold is not listed.
LISTED_FROM = 0.2


@dataclass(frozen=True)
class WorkerLeak:
    """The test for one worker; ``is_suspected`` with the share of false alarms held at .05 over all workers."""

    worker: Worker
    test: LeakTest
    is_suspected: bool


@dataclass(frozen=True)
class GoldHealth:
    """``stock``: active golds by right label, each label of a right set; empty where answers have no labels.

    ``suspects``: (gold, evidence), the likeliest wrong first; an answer that is no text stands there in words.
    """

    stock: dict[str, int]
    active: int
    least_used: int
    most_used: int
    leak: LeakTest
    worker_leaks: list[WorkerLeak]
    suspects: list[tuple[Gold, GoldSuspicion]]


def gold_health(project: Project) -> GoldHealth:
    """Audit the golds from all scored answers; three queries."""
    golds = {gold.task_id: gold for gold in Gold.objects.filter(project=project).select_related("task")}
    active = [gold for gold in golds.values() if gold.is_active]
    kind = AnswerType(project.answer_type)
    stock = Counter(dict.fromkeys(project.label_values, 0))
    for gold in active:
        stock.update(_labels_of(gold, kind))
    rows = list(
        Answer.objects.filter(project=project, is_correct__isnull=False)
        .order_by("id")
        .values_list("task_id", "worker_id", "value", "is_correct")
    )
    seen: Counter[int] = Counter()
    sides: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for task_id, worker_id, _, is_right in rows:
        at = 0 if seen[task_id] >= OLD_AFTER else 2
        sides[worker_id][at] += int(bool(is_right))
        sides[worker_id][at + 1] += 1
        seen[task_id] += 1
    suspicions = suspect_golds(
        # Right within a tolerance is right: such an answer counts as the stored one.
        [
            (task_id, worker_id, in_words(golds[task_id].labels[0] if is_right else value))
            for task_id, worker_id, value, is_right in rows
            if task_id in golds
        ],
        {task_id: [in_words(label) for label in gold.labels] for task_id, gold in golds.items()},
    )
    uses = [gold.times_used for gold in active]
    return GoldHealth(
        stock=dict(stock),
        active=len(active),
        least_used=min(uses, default=0),
        most_used=max(uses, default=0),
        leak=_test([sum(column) for column in zip(*sides.values(), strict=True)] if sides else [0, 0, 0, 0]),
        worker_leaks=_worker_leaks(sides),
        suspects=[(golds[row.gold], row) for row in suspicions if row.probability_bad >= LISTED_FROM],  # type: ignore[index]
    )


def in_words(value: Any) -> str:
    """An answer as one text: the parts of a set or an order one behind the other."""
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _labels_of(gold: Gold, kind: AnswerType) -> set[str]:
    if kind in LABELLED:
        return set(gold.labels)
    return {label for right in gold.labels for label in right} if kind == AnswerType.MULTIPLE_CHOICE else set()


def _worker_leaks(sides: dict[int, list[int]]) -> list[WorkerLeak]:
    tests = {worker_id: _test(side) for worker_id, side in sides.items() if side[1] and side[3]}
    workers = Worker.objects.in_bulk(list(tests))
    flags = discoveries([test.p_value for test in tests.values()])
    leaks = [
        WorkerLeak(workers[worker_id], test, flag) for (worker_id, test), flag in zip(tests.items(), flags, strict=True)
    ]
    return sorted(leaks, key=lambda leak: leak.test.p_value)


def _test(side: list[int]) -> LeakTest:
    old_right, old, new_right, new = side
    return leak_test(old_right=old_right, old=old, new_right=new_right, new=new)
