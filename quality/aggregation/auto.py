"""Auto: the default model, which stacks the others by what the answers say of themselves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.calibration import GoldMap, Tempering, fit_gold_map, put_first
from quality.aggregation.copies import find_copies
from quality.aggregation.ebcc import EBCC
from quality.aggregation.gold_folds import held_out_gold
from quality.aggregation.groups import discount_groups
from quality.aggregation.history import History
from quality.aggregation.incidence import Incidence, incidence, without_tasks
from quality.aggregation.predictive import influence_of_answers
from quality.aggregation.stack import EARLY_STEPS, Stack, fit_stack
from quality.aggregation.subtype_result import empty_result
from quality.aggregation.workers import note_below_chance, worker_figures
from quality.answers import AnswerSet, Gold
from quality.numerics import tied
from quality.results import AggregationResult

Floats = NDArray[np.floating[Any]]

LONE_ACCURACY = 0.7
"""What a lone answer is taken to be worth where nothing can be learnt of the workers."""

LEAST_GOLD = 10
"""Gold tasks from which the confidence is corrected by them; fewer say less than the penalties do."""


@dataclass(frozen=True, kw_only=True)
class Auto:
    """A stack of models, chosen without true labels; deterministic, and the same for any order of the answers.

    Always in it: confusion matrices under two strengths of the worker prior, stopped early, and one accuracy per
    worker. When the evidence bound says that labels have hidden subtypes, so that workers err together, the subtype
    model and the accuracy model with prevalence join, and the matrices, which assume independent errors, weigh less.
    ``notes`` say what was chosen and why. docs/methods/auto.md gives the reasons and the figures.

    Workers found to copy each other share one vote (see `find_copies`).

    subtypes: the search for correlated errors; its finalists are averaged, so that no single optimum decides.
    largest_search: answers above which this search is left out, said in
    the notes. tempering: how the evidence is discounted for ``calibrated``. gold_folds: parts into which gold is cut
    to learn how far the confidence is off, each part judged by a fit that has not seen it.

    ``posterior`` is the mean of the members' posteriors; ``calibrated`` is the one to decide by. ``confusion`` and
    ``ability`` (the probability of the right label, over the prevalence) are those of the matrices with the stronger
    prior; ``influence`` is measured on their evidence, discounted as the held-out answers ask for.
    """

    subtypes: EBCC = field(default_factory=lambda: EBCC(restarts=6, finalists=3))
    largest_search: int = 300_000
    tempering: Tempering = field(default_factory=Tempering)
    gold_folds: int = 5

    def __post_init__(self) -> None:
        if self.gold_folds < 2:
            raise ValueError(f"gold_folds is {self.gold_folds}; at least two parts are needed")

    def fit(self, answers: AnswerSet, *, gold: Gold | None = None, priors: History | None = None) -> AggregationResult:
        """Fit; raises ValueError naming bad gold or history."""
        copies = find_copies(answers)
        if copies:
            answers = discount_groups(answers, copies, 1.0)
        crowd = incidence(answers, gold, priors)
        if not crowd.seen.any():
            return empty_result("auto", crowd, asdict(self))
        if self._nothing_to_learn(crowd):
            return self._lone_answers(crowd)
        search, why = self._search(crowd)
        stack = fit_stack(crowd, search)
        posterior = stack.posterior
        best = posterior.argmax(axis=1)
        votes = crowd.vote_shares()
        calibrated = self.tempering.temper(stack, votes, best)
        gold_map, n_gold = self._gold_map(crowd, stack, gold, priors)
        calibrated = crowd.clamp(put_first(gold_map.apply(calibrated), best))
        prevalence = stack.early.prevalence
        table = stack.early.table
        resting = table.sum(axis=1)
        logs = np.log(table / resting[:, None, :])
        influence = influence_of_answers(crowd, logs, stack.early.logits, stack.check.temperature)
        figures = worker_figures(logs.copy(), resting, prevalence)
        posterior = without_tasks(crowd, posterior, prevalence)
        return AggregationResult(
            model="auto",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            calibrated=without_tasks(crowd, calibrated, prevalence),
            prevalence=prevalence,
            **vars(figures),
            influence=influence,
            objective=np.array(stack.subtypes[0].bound) if stack.subtypes else np.empty(0),
            objective_name="evidence lower bound of the subtypes" if stack.subtypes else "",
            converged=all(fit.converged for fit in stack.subtypes),
            n_iter=max((len(fit.bound) for fit in stack.subtypes), default=EARLY_STEPS),
            ties=tied(posterior) & crowd.seen,
            parameters=asdict(self),
            notes=(
                *self._choice(stack, why),
                self._discount(stack, gold_map, n_gold, answers.n_labels),
                *_copies_note(copies),
                *note_below_chance(answers.workers, figures.ability_high, answers.n_labels),
            ),
        )

    def _nothing_to_learn(self, crowd: Incidence) -> bool:
        """No two answers meet on a task, and neither gold nor history says who is right."""
        overlap = np.bincount(crowd.answers.task, minlength=crowd.answers.n_tasks)
        return bool(overlap.max(initial=0) < 2 and crowd.history is None and not (crowd.gold >= 0).any())

    def _lone_answers(self, crowd: Incidence) -> AggregationResult:
        answers = crowd.answers
        K = answers.n_labels
        votes = crowd.vote_shares()
        prevalence = votes[crowd.seen].mean(axis=0)
        lone = LONE_ACCURACY if K > 1 else 1.0
        calibrated = votes * (lone - (1.0 - lone) / max(K - 1, 1)) + (1.0 - lone) / max(K - 1, 1)
        posterior = without_tasks(crowd, votes, prevalence)
        return AggregationResult(
            model="auto",
            tasks=answers.tasks,
            workers=answers.workers,
            labels=answers.labels,
            posterior=posterior,
            calibrated=without_tasks(crowd, calibrated, prevalence),
            prevalence=prevalence,
            ties=tied(posterior) & crowd.seen,
            parameters=asdict(self),
            notes=(
                "chose the votes as they are: no task has two answers and there is no gold, so nothing tells a good "
                f"worker from a bad one; the confidence is {LONE_ACCURACY:g} by assumption",
            ),
        )

    def _search(self, crowd: Incidence) -> tuple[EBCC | None, str]:
        """The search for correlated errors, or None with the reason to leave it out."""
        if crowd.answers.n_labels < 2:
            return None, "there is one label only"
        if crowd.answers.n_answers > self.largest_search:
            return None, (
                f"{crowd.answers.n_answers} answers are more than largest_search ({self.largest_search}), above which "
                "the search for correlated errors is left out for its cost"
            )
        return self.subtypes, ""

    def _gold_map(
        self, crowd: Incidence, stack: Stack, gold: Gold | None, priors: History | None
    ) -> tuple[GoldMap, int]:
        """Learn from gold how far the confidence is off, each part judged by a fit that has not seen it."""
        tasks = np.flatnonzero((crowd.gold >= 0) & (np.bincount(crowd.answers.task, minlength=len(crowd.gold)) > 0))
        if not gold or len(tasks) < LEAST_GOLD or crowd.answers.n_labels < 2:
            return GoldMap(), 0
        folds = self.gold_folds if crowd.answers.n_answers <= self.largest_search else 2
        confidence, right = held_out_gold(crowd, stack, tasks, self.tempering, folds)
        return fit_gold_map(confidence, right), len(tasks)

    def _choice(self, stack: Stack, left_out: str) -> tuple[str, ...]:
        weights = ", ".join(f"{family} {weight:.0%}" for family, weight in stack.weights.items())
        if stack.subtypes:
            return (
                f"chose the stack for correlated errors ({weights}): hidden subtypes of the labels raise the evidence "
                f"bound by {stack.gain:.4f} nats an answer, so workers err together",
            )
        if left_out:
            reason = left_out
        elif stack.refused:
            reason = (
                f"subtypes raise the evidence bound by {stack.gain:.4f} nats an answer, but their consensus leaves "
                "the votes so often that they must describe something else than the label"
            )
        else:
            reason = "hidden subtypes of the labels do not raise the evidence bound"
        return (f"chose the stack for independent errors ({weights}): {reason}",)

    def _discount(self, stack: Stack, gold_map: GoldMap, n_gold: int, n_labels: int) -> str:
        total = float(np.exp(self.tempering.log_temperature(stack, n_labels)))
        said = (
            f"confidence: held-out answers are predicted best when evidence is divided by "
            f"{stack.check.temperature:.2f}; it was divided by {total:.2f}"
        )
        if not n_gold:
            return said + ", without gold to check it"
        return said + (
            f", then corrected by {n_gold} gold tasks (shift {gold_map.shift:+.2f}, slope {gold_map.slope:.2f})"
        )


def _copies_note(copies: Mapping[Hashable, Hashable]) -> tuple[str, ...]:
    if not copies:
        return ()
    named = ", ".join(repr(worker) for worker in list(copies)[:5]) + (", …" if len(copies) > 5 else "")
    groups = len(set(copies.values()))
    return (
        f"{len(copies)} workers give the same answers as others where the crowd is split, in {groups} "
        f"group{'s' if groups > 1 else ''} that weigh one vote each: {named}",
    )
