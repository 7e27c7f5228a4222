"""The gate: whether a model's votes may count beside people's, by the strictest test that the data allow."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from quality.answers import AnswerSet
from quality.models_vs_humans.alt_test import alt_test
from quality.models_vs_humans.posterior_test import posterior_test
from quality.results import AggregationResult

TestName = Literal["alt_test", "posterior_test", "none"]

LEAST_PEOPLE, LEAST_SHARE = 3, 0.5
"""The alternative annotator test speaks for a crowd when it tests this many people, this share of the answers."""


@dataclass(frozen=True, kw_only=True)
class GateVerdict:
    """Which test was used and what it said; ``passes`` is None where nothing can be said yet.

    figures: what the test measured, by name. n_tasks: tasks with the model's vote that at least two people answered.
    """

    test: TestName
    passes: bool | None
    reason: str
    figures: Mapping[str, Any]
    n_tasks: int


def judge_model(
    people: AnswerSet,
    fitted: AggregationResult,
    model: Mapping[Any, Hashable],
    *,
    epsilon: float = 0.1,
    level: float = 0.05,
    min_tasks: int = 30,
) -> GateVerdict:
    """Judge the model's labels (task -> label) against people, whose answers were made without seeing them.

    ``fitted``: a fit to these people's answers alone, with confusion matrices. The alternative annotator test is used
    when at least three people, who gave at least half of the answers, share ``min_tasks`` tasks with the model; else
    the weaker posterior test; else nothing can be said. Raises ValueError as the two tests do.
    """
    overlap = np.bincount(people.task, minlength=people.n_tasks)
    voted = np.array([task in model for task in people.tasks], dtype=bool)
    n_tasks = int((voted & (overlap >= 2)).sum())
    tested = alt_test(people, model, epsilon=epsilon, level=level, min_tasks=min_tasks)
    able = tested.n_shared >= min_tasks
    answers = np.bincount(people.worker, minlength=people.n_workers)
    share = float(answers[able].sum() / answers.sum()) if answers.sum() else 0.0
    if able.sum() >= LEAST_PEOPLE and share >= LEAST_SHARE:
        figures = {
            "winning_rate": tested.winning_rate,
            "advantage": tested.advantage,
            "people_tested": int(able.sum()),
            "share_of_answers": share,
            "epsilon": epsilon,
        }
        verb = "holds up" if tested.passes else "does not hold up"
        reason = (
            f"alternative annotator test: the model {verb} against {int(tested.rejected.sum())} of "
            f"{int(able.sum())} people (at least half are needed)"
        )
        return GateVerdict(test="alt_test", passes=tested.passes, reason=reason, figures=figures, n_tasks=n_tasks)
    against = posterior_test(people, fitted, model, epsilon=epsilon, level=level, min_tasks=min_tasks)
    few = f"only {int(able.sum())} people share {min_tasks} tasks with the model and another person"
    if against.reason:
        return GateVerdict(
            test="none", passes=None, reason=f"cannot say yet: {against.reason}", figures={}, n_tasks=n_tasks
        )
    figures = {
        "gap": against.gap,
        "gap_low": against.low,
        "gap_high": against.high,
        "p_value": against.p_value,
        "people_tested": int(able.sum()),
        "epsilon": epsilon,
    }
    verb = "is" if against.passes else "is not shown to be"
    reason = (
        f"posterior test, since {few}: a person's answer is more probable than the model's by {against.gap:.3f} "
        f"(95 % interval {against.low:.3f} to {against.high:.3f}), which {verb} under {epsilon:g}"
    )
    return GateVerdict(test="posterior_test", passes=against.passes, reason=reason, figures=figures, n_tasks=n_tasks)
