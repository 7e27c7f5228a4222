"""Bradley-Terry: scores of options from pairwise preferences of workers who differ in reliability."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, log_expit, ndtr, xlogy

from quality.answer_forms.indexing import indexed_by_task, indexed_by_worker
from quality.answer_forms.pairwise import PairwiseAnswers
from quality.errors import ConvergenceWarning
from quality.numerics import beta_interval

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class PairwiseResult:
    """The outcome of a fit of preferences; M options, W workers.

    score: (M,), log odds of being preferred, mean about 0, with 95 % intervals; covariance: (M, M). reliability:
    (W,), P(the worker reports the comparison as it fell), .5 a coin, 0 an adversary, with 95 % intervals. component:
    (M,), which connected part of the comparisons an option is in. ranking: option indexes, best first.
    """

    options: Sequence[Hashable]
    workers: Sequence[Hashable]
    score: Floats
    low: Floats
    high: Floats
    covariance: Floats
    reliability: Floats
    reliability_low: Floats
    reliability_high: Floats
    component: NDArray[np.int32]
    objective: Floats
    converged: bool
    n_iter: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model: str = "bradley-terry"
    objective_name: str = "penalised log-likelihood"
    notes: tuple[str, ...] = ()

    @property
    def ranking(self) -> NDArray[np.intp]:
        return np.argsort(-self.score, kind="stable")

    def probability_above(self, first: int, second: int) -> float:
        """The posterior probability that one option's score exceeds another's (indexes); .5 for one with itself."""
        c = self.covariance
        variance = float(c[first, first] + c[second, second] - 2 * c[first, second])
        return float(ndtr((self.score[first] - self.score[second]) / np.sqrt(variance))) if variance > 0 else 0.5


@dataclass(frozen=True, kw_only=True)
class BradleyTerry:
    """Crowd Bradley-Terry, maximum a posteriori by EM with Newton steps for the scores.

    P(worker w prefers a to b) = r_w σ(s_a − s_b) + (1 − r_w) σ(s_b − s_a). Scores have the prior N(0, ``score_sd``²):
    it keeps an option that never lost finite, and is all that ties parts of the comparisons that share no option, as
    ``notes`` then says. ``reliability_prior`` holds pseudo-counts (faithful, flipped). A tie is half an answer each
    way. The penalised log-likelihood never decreases. Score intervals come from the expected information with
    reliabilities held at their estimates. Cost grows with the cube of the number of options. Chen et al. (2013).
    """

    max_iter: int = 500
    tol: float = 1e-6
    score_sd: float = 2.0
    reliability_prior: tuple[float, float] = (4.0, 1.0)

    def __post_init__(self) -> None:
        if self.max_iter < 1:
            raise ValueError(f"max_iter is {self.max_iter}; at least one iteration is needed")
        if not self.score_sd > 0 or not all(count > 0 for count in self.reliability_prior):
            raise ValueError("score_sd and both reliability_prior counts must be positive")

    def fit(
        self,
        answers: PairwiseAnswers,
        *,
        gold: Mapping[Any, Hashable] | None = None,
        priors: Mapping[Any, tuple[float, float]] | None = None,
    ) -> PairwiseResult:
        """Fit; ``gold`` maps tasks to the option truly preferred, ``priors`` workers to (faithful, flipped) counts.

        A gold task is one comparison that fell as its gold says; workers' answers to it tell of the workers alone.
        Raises ValueError naming a gold task or option that is unknown, or a worker with a bad prior.
        """
        known = _gold_sides(answers, gold)
        counts = np.tile(np.array(self.reliability_prior), (answers.n_workers, 1))
        for worker, past in indexed_by_worker(priors, answers.workers).items():
            if len(past) != 2 or not all(np.isfinite(count) and count >= 0 for count in past):
                raise ValueError(f"the prior of worker {answers.workers[worker]!r} is {past!r}; two counts are wanted")
            counts[worker] += past
        side, precision = answers.preference, self.score_sd**-2
        a, b = answers.first[answers.task], answers.second[answers.task]
        is_gold = ~np.isnan(known[answers.task])
        free = (~is_gold).astype(float)
        gold_tasks = np.flatnonzero(~np.isnan(known))
        matches = np.where(is_gold, side * known[answers.task] + (1 - side) * (1 - known[answers.task]), 0.0)
        pairs = _Pairs(
            np.concatenate((a, answers.first[gold_tasks])), np.concatenate((b, answers.second[gold_tasks])),
            answers.n_options, precision,
        )  # fmt: skip
        score: Floats = np.zeros(answers.n_options)
        reliability = counts[:, 0] / counts.sum(axis=1)
        objective: list[float] = []
        converged, change = False, 0.0
        while not converged and len(objective) < self.max_iter:
            r = reliability[answers.worker]
            up = expit(score[a] - score[b])
            # Each half of a tie has its own chance of having been flipped.
            first_held = r * up / (r * up + (1 - r) * (1 - up))
            second_held = r * (1 - up) / (r * (1 - up) + (1 - r) * up)
            fell_first = side * first_held + (1 - side) * (1 - second_held)
            faithful = np.where(is_gold, matches, side * first_held + (1 - side) * second_held)
            moved = pairs.newton(
                score,
                np.concatenate((free * fell_first, known[gold_tasks])),
                np.concatenate((free, np.ones(len(gold_tasks)))),
            )
            kept = np.bincount(answers.worker, weights=faithful, minlength=answers.n_workers) + counts[:, 0]
            seen = np.bincount(answers.worker, minlength=answers.n_workers) + counts.sum(axis=1)
            reliability = kept / seen
            change, score = float(np.abs(moved - score).max(initial=0.0)), moved
            objective.append(
                _objective(answers, known, matches, is_gold, score, reliability, counts)
                - 0.5 * precision * float(score @ score)
            )
            converged = change <= self.tol
        if not converged:
            warnings.warn(
                f"Bradley-Terry stopped after {self.max_iter} iterations; a score still moved by {change:.2g}",
                ConvergenceWarning,
                stacklevel=2,
            )
        r, up = reliability[answers.worker], expit(score[a] - score[b])
        shown = r * up + (1 - r) * (1 - up)
        information = free * ((2 * r - 1) * up * (1 - up)) ** 2 / (shown * (1 - shown))
        sure = expit(score[answers.first[gold_tasks]] - score[answers.second[gold_tasks]])
        covariance = pairs.covariance(np.concatenate((information, sure * (1 - sure))))
        sd = np.sqrt(np.diagonal(covariance))
        low, high = beta_interval(kept, seen - kept)
        n_parts, component = connected_components(
            coo_array((np.ones(len(pairs.a)), (pairs.a, pairs.b)), shape=(answers.n_options,) * 2), directed=False
        )
        return PairwiseResult(
            options=answers.options,
            workers=answers.workers,
            score=score,
            low=score - 1.96 * sd,
            high=score + 1.96 * sd,
            covariance=covariance,
            reliability=reliability,
            reliability_low=low,
            reliability_high=high,
            component=component,
            objective=np.array(objective),
            converged=converged,
            n_iter=len(objective),
            parameters=asdict(self),
            notes=_notes(n_parts, answers.n_answers),
        )


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Comparisons of options a with b under the prior's ``precision``."""

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    n_options: int
    precision: float

    def newton(self, score: Floats, wins: Floats, weight: Floats) -> Floats:
        """One Newton step towards scores under which ``wins`` of ``weight`` are won, halved until it gains."""
        if not self.n_options:
            return score
        d = score[self.a] - score[self.b]
        left = wins - weight * expit(d)
        slope = np.bincount(self.a, left, self.n_options) - np.bincount(self.b, left, self.n_options)
        curvature = self._curvature(weight * expit(d) * expit(-d))
        step = cho_solve(cho_factor(curvature), slope - self.precision * score)
        before = self._value(score, wins, weight)
        for _ in range(30):
            if self._value(score + step, wins, weight) >= before:
                return score + step
            step = step / 2
        return score

    def covariance(self, information: Floats) -> Floats:
        """Inverse of the comparisons' information plus the prior's: (M, M)."""
        if not self.n_options:
            return np.zeros((0, 0))
        inverse: Floats = cho_solve(cho_factor(self._curvature(information)), np.eye(self.n_options))
        return inverse

    def _value(self, score: Floats, wins: Floats, weight: Floats) -> float:
        d = score[self.a] - score[self.b]
        likelihood = wins * log_expit(d) + (weight - wins) * log_expit(-d)
        return float(likelihood.sum()) - 0.5 * self.precision * float(score @ score)

    def _curvature(self, information: Floats) -> Floats:
        matrix = np.zeros((self.n_options, self.n_options))
        for rows, columns, sign in (
            (self.a, self.a, 1),
            (self.b, self.b, 1),
            (self.a, self.b, -1),
            (self.b, self.a, -1),
        ):
            np.add.at(matrix, (rows, columns), sign * information)
        matrix[np.diag_indices(self.n_options)] += self.precision
        return matrix


def _gold_sides(answers: PairwiseAnswers, gold: Mapping[Any, Hashable] | None) -> Floats:
    """1 where the first option of a gold task is truly preferred, 0 where the second, nan elsewhere: (T,)."""
    known = np.full(answers.n_tasks, np.nan)
    for task, option in indexed_by_task(gold, answers.tasks).items():
        shown = (answers.options[answers.first[task]], answers.options[answers.second[task]])
        if option not in shown:
            raise ValueError(
                f"gold of task {answers.tasks[task]!r} is {option!r}; it compares {shown[0]!r} with {shown[1]!r}"
            )
        known[task] = float(option == shown[0])
    return known


def _objective(
    answers: PairwiseAnswers,
    known: Floats,
    matches: Floats,
    is_gold: NDArray[np.bool_],
    score: Floats,
    reliability: Floats,
    counts: Floats,
) -> float:
    d = score[answers.first] - score[answers.second]
    r, up = reliability[answers.worker], expit(d)[answers.task]
    free = xlogy(answers.preference, r * up + (1 - r) * (1 - up))
    free += xlogy(1 - answers.preference, r * (1 - up) + (1 - r) * up)
    tested = xlogy(matches, r) + xlogy(1 - matches, 1 - r)
    sure = np.where(np.isnan(known), 0.0, np.where(known == 1, log_expit(d), log_expit(-d)))
    prior = counts[:, 0] * np.log(reliability) + counts[:, 1] * np.log1p(-reliability)
    return float(np.where(is_gold, tested, free).sum() + sure.sum() + prior.sum())


def _notes(n_parts: int, n_answers: int) -> tuple[str, ...]:
    if not n_answers:
        return ("there are no answers to learn from",)
    if n_parts > 1:
        return (
            f"the comparisons fall into {n_parts} parts that share no option; only the prior, a mean score of 0 in "
            "each, makes scores of different parts comparable",
        )
    return ()
