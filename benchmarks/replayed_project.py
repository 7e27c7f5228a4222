"""One project replayed from a public crowd: workers come in random order, each gives only answers it really gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crowd.policies.completion import Worth, decide_completion
from crowd.policies.confusion import confusion_for_preview
from crowd.policies.routing import LAST_UNSURE, UNTOUCHED, band_of
from quality.aggregation.auto import Auto
from quality.aggregation.preview import mean_accuracy, preview_weight
from quality.answers import AnswerSet
from quality.results import AggregationResult

# answers, minimum, confidence, number of labels -> level; the highest level is served first, at random within it.
Order = Callable[[int, int, float, int], int]

# Who comes picks among so many tasks of the highest level, as a claim could at bounded cost.
GLANCE = 64
PRICE_MICROS = 1_000_000
FIRST_FIT = 50
# The next full fit comes when there are so many times the answers of the last one.
GROWTH = 1.25


def routed_order(answers: int, least: int, confidence: float, n_labels: int) -> int:
    """The order of the product: up to the minimum what was begun, then untouched tasks, then the doubtful ones."""
    return band_of(answers=answers, least=least, confidence=confidence, chance=1 / n_labels)


def begun_order(answers: int, least: int, confidence: float, n_labels: int) -> int:
    """Each begun task to its end before an untouched one, the least sure first."""
    return LAST_UNSURE - 1 if answers == 0 else routed_order(max(answers, least), least, confidence, n_labels)


def least_sure_order(answers: int, least: int, confidence: float, n_labels: int) -> int:
    """The least sure first, begun or not: an untouched task is the least sure of all."""
    return UNTOUCHED if answers == 0 else routed_order(max(answers, least), least, confidence, n_labels)


def random_order(*_: float) -> int:
    """Any open task."""
    return 0


# How tasks are served: the levels, and whether the worker who comes decides within a level.
ORDERS: dict[str, tuple[Order, bool]] = {
    "the product: minimum, untouched, least sure": (routed_order, False),
    "the same, within a level the best for who comes": (routed_order, True),
    "the best for who comes, of all open tasks": (random_order, True),
    "least sure first, begun or not": (least_sure_order, False),
    "each begun task to its end, least sure first": (begun_order, False),
    "random": (random_order, False),
}


@dataclass
class Outcome:
    """answers used, share of judged tasks right; ``checkpoints``: answers a task -> (share right, share complete)."""

    answers: int = 0
    accuracy: float = float("nan")
    complete: float = float("nan")
    checkpoints: dict[float, tuple[float, float]] = field(default_factory=dict)


class ReplayedProject:
    """Hands out, answers, decides and refits as the server does, one answer at a time.

    Tasks end by the server's policy at ``target``, at least ``least`` answers; the maximum of a task is what the data
    hold. truth: (T,), -1 where unknown. A repeated answer of a worker is left out. ``is_for_worker``: within the
    highest level, the task about which this very worker's answer says most, instead of any. ``label_worth``: a right
    label's worth in prices of an answer, for stopping by price.
    """

    def __init__(
        self,
        answers: AnswerSet,
        truth: NDArray[np.intp],
        *,
        target: float,
        least: int,
        order: Order,
        seed: int,
        is_for_worker: bool = False,
        label_worth: float | None = None,
    ) -> None:
        _, first = np.unique(answers.task.astype(np.int64) * answers.n_workers + answers.worker, return_index=True)
        keep = np.zeros(answers.n_answers, dtype=bool)
        keep[first] = True
        self.data = answers.select(keep)
        self.truth, self.target, self.least, self.order = truth, target, least, order
        self.rng = np.random.default_rng(seed)
        self.is_for_worker, self.label_worth = is_for_worker, label_worth
        T, K = self.data.n_tasks, self.data.n_labels
        self.most = np.bincount(self.data.task, minlength=T)
        self.n = np.zeros(T, dtype=int)
        self.is_open = np.ones(T, dtype=bool)
        self.level = np.array([order(0, least, 1 / K, K)] * T)
        self.given = np.zeros(self.data.n_answers, dtype=bool)
        self.unknown = np.log(np.array(confusion_for_preview(n_labels=K, fitted=None, gold_accuracy=None)))
        self.fit: AggregationResult | None = None
        self.logs = np.broadcast_to(self.unknown, (self.data.n_workers, K, K))
        self.prior = np.full(K, -np.log(K))
        self.evidence = np.zeros((T, K))
        self.weight = 1.0
        self.accuracy = float(np.exp(np.diag(self.unknown)).mean())
        self.next_fit = FIRST_FIT

    def run(self, *, checkpoints: tuple[float, ...] = ()) -> Outcome:
        """Let everybody come until nobody has anything left to do; checkpoints are in answers a task."""
        outcome, due = Outcome(), sorted(checkpoints)
        rows_of = [np.flatnonzero(self.data.worker == w) for w in range(self.data.n_workers)]
        while True:
            before = int(self.given.sum())
            left = self.data.worker[~self.given]
            for worker in self.rng.permutation(left):
                rows = rows_of[worker]
                rows = rows[~self.given[rows] & self.is_open[self.data.task[rows]]]
                if not rows.size:
                    continue
                levels = self.level[self.data.task[rows]]
                self._answer(self._choose(rows[levels == levels.max()]))
                given = int(self.n.sum())
                if due and given >= due[0] * len(self.n):
                    self._refit()
                    outcome.checkpoints[due.pop(0)] = (self._accuracy(), float((~self.is_open).mean()))
                elif given >= self.next_fit:
                    self._refit()
            # Nobody had anything to do, also after the newest fit: the end.
            self._refit()
            if int(self.given.sum()) == before:
                break
        outcome.answers = int(self.given.sum())
        outcome.accuracy, outcome.complete = self._accuracy(), float((~self.is_open).mean())
        return outcome

    def _choose(self, rows: NDArray[np.intp]) -> int:
        if not self.is_for_worker or len(rows) == 1:
            return int(self.rng.choice(rows))
        seen = self.rng.choice(rows, size=min(GLANCE, len(rows)), replace=False)
        return int(seen[np.argmax(self._information(self.data.task[seen], int(self.data.worker[seen[0]])))])

    def _information(self, tasks: NDArray[np.intp], worker: int) -> NDArray[np.float64]:
        """Mutual information of each task's label and this worker's answer, which counts as the preview counts it."""
        logits = self.prior + self.evidence[tasks]
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        matrix = np.exp(self.weight * self.logs[worker])
        matrix /= matrix.sum(axis=1, keepdims=True)
        given = shares @ matrix
        information: NDArray[np.float64] = shares @ (matrix * np.log(matrix)).sum(axis=1) - (given * np.log(given)).sum(
            axis=1
        )
        return information

    def _answer(self, row: int) -> None:
        task, worker, label = self.data.task[row], self.data.worker[row], self.data.label[row]
        self.given[row] = True
        self.n[task] += 1
        self.evidence[task] += self.weight * self.logs[worker, :, label]
        logits = self.prior + self.evidence[task]
        shares = np.exp(logits - logits.max())
        self._settle(int(task), shares / shares.sum())

    def _settle(self, task: int, posterior: NDArray[np.float64]) -> None:
        answers, most = int(self.n[task]), int(self.most[task])
        least, confidence = min(self.least, most), float(posterior.max())
        worth = None
        if self.label_worth is not None:
            worth = Worth(
                price_micros=PRICE_MICROS,
                label_micros=int(self.label_worth * PRICE_MICROS),
                accuracy=self.accuracy,
                weight=self.weight,
            )
        step = decide_completion(
            answers=answers,
            overlap=max(answers, least),
            min_overlap=least,
            max_overlap=most,
            confidence=confidence,
            target=self.target,
            posterior=posterior.tolist(),
            worth=worth,
        ).step
        self.is_open[task] = step in ("wait", "extend")
        self.level[task] = self.order(answers, self.least, confidence, self.data.n_labels)

    def _refit(self) -> None:
        answers = self.data.select(self.given)
        fit = self.fit = Auto().fit(answers)
        given = int(self.given.sum())
        self.next_fit = max(given + 1, int(given * GROWTH))
        K = self.data.n_labels
        if fit.confusion is not None:
            self.logs = np.log(np.maximum(fit.confusion, 1e-6))
            self.logs[np.bincount(answers.worker, minlength=answers.n_workers) == 0] = self.unknown
        self.weight = preview_weight(answers, fit) or 1.0
        self.prior = np.log(np.maximum(fit.prevalence, 1e-6))
        self.accuracy = mean_accuracy(answers, fit) or self.accuracy
        self.evidence = self.weight * np.stack(
            [
                np.bincount(
                    answers.task, weights=self.logs[answers.worker, true, answers.label], minlength=answers.n_tasks
                )
                for true in range(K)
            ],
            axis=1,
        )
        for task in np.flatnonzero(self.n):
            self._settle(int(task), np.minimum(fit.probabilities[task], 1.0))

    def _accuracy(self) -> float:
        assert self.fit is not None, "judged before the first fit"
        judged = self.truth >= 0
        return float((self.fit.best[judged] == self.truth[judged]).mean())
