"""Fits the model of an answer type without labels: sets, numbers, orders; from values to what is stored."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from crowd.policies.answer_types import AnswerForm
from crowd.policies.forms.choices import ChoicesForm
from crowd.policies.forms.number import NumberForm
from crowd.policies.forms.ranking import RankingForm
from crowd.policies.value_results import FoundValue, found_number, found_order, found_set
from quality.aggregation.multiple_choice import MultipleChoice
from quality.aggregation.numbers import WorkerNoise
from quality.aggregation.numbers_terms import gaussian_variance_ratio
from quality.aggregation.rankings import PlackettLuce
from quality.answer_forms import ChoiceSets, NumericAnswers, RankingAnswers

Records = Sequence[tuple[int, int, Any]]
Traits = dict[str, dict[str, float]]
# The model of texts: all of them are kept, none is inferred.
KEPT = "texts-kept"


@dataclass(frozen=True)
class ValueFit:
    """What a fit found: consensus by task id, traits by worker id, each with its interval.

    ``estimates``: what it learnt of the crowd, as the preview needs it for workers whom no fit has seen.
    """

    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    found: Mapping[int, FoundValue] = field(default_factory=dict)
    traits: Mapping[int, Traits] = field(default_factory=dict)
    estimates: Mapping[str, Any] = field(default_factory=dict)
    is_converged: bool = True
    iterations: int = 0
    objective: float | None = None
    notes: tuple[str, ...] = ()


def fit_values(form: AnswerForm, records: Records, known: Mapping[int, Any]) -> ValueFit:
    """Fit the type's model to (task, worker, canonical value) records; ``known`` values are certain.

    Texts have no model: what comes back says so and holds no consensus.
    """
    if isinstance(form, ChoicesForm):
        return _fit_sets(form, records, known)
    if isinstance(form, NumberForm):
        return _fit_numbers(form, records, known)
    if isinstance(form, RankingForm):
        return _fit_orders(form, records, known)
    return ValueFit(KEPT, notes=("texts have no consensus of their own: every answer is kept",))


def _fit_sets(form: ChoicesForm, records: Records, known: Mapping[int, Any]) -> ValueFit:
    result = MultipleChoice().fit(ChoiceSets.from_records(records, labels=form.labels), gold=known)
    rates = {name: getattr(result, name) for name in ("sensitivity", "specificity")}
    rows = zip(result.tasks, result.posterior.tolist(), strict=True)
    return ValueFit(
        model=result.model,
        parameters=asdict(MultipleChoice()),
        found={_id(task): found_set(form, posterior) for task, posterior in rows},
        traits=_traits(result, "sensitivity", "specificity"),
        estimates={"prevalence": result.prevalence.tolist()}
        | {name: float(np.mean(values)) for name, values in rates.items()},
        **_course(result),
    )


def _fit_numbers(form: NumberForm, records: Records, known: Mapping[int, Any]) -> ValueFit:
    model = WorkerNoise()
    result = model.fit(NumericAnswers.from_records(records), gold=known)
    rows = zip(result.tasks, result.value.tolist(), result.value_sd.tolist(), strict=True)
    return ValueFit(
        model=result.model,
        parameters=asdict(model),
        found={_id(task): found_number(form, value, sd) for task, value, sd in rows},
        traits=_traits(result, "bias", "noise"),
        estimates={
            "mean": result.mean,
            "spread": result.spread,
            "noise": float(np.median(result.noise)),
            "bias_sd": float(np.sqrt(np.mean(result.bias**2))),
            "tail": model.tail,
            "noise_ratio": gaussian_variance_ratio(model.tail),
        },
        **_course(result),
    )


def _fit_orders(form: RankingForm, records: Records, known: Mapping[int, Any]) -> ValueFit:
    # Sorted: who answered first must not decide between equal scores.
    options: dict[Hashable, Sequence[Hashable]] = {task: sorted(value) for task, _, value in records}
    result = PlackettLuce().fit(RankingAnswers.from_records(records, options=options), gold=known)
    rows = zip(result.tasks, result.options, result.score, result.covariance, strict=True)
    return ValueFit(
        model=result.model,
        parameters=asdict(PlackettLuce()),
        found={
            _id(task): found_order(form, [str(item) for item in items], score, covariance)
            for task, items, score, covariance in rows
        },
        traits=_traits(result, "consistency"),
        estimates={"consistency": float(np.mean(result.consistency))},
        **_course(result),
    )


def _traits(result: Any, *names: str) -> dict[int, Traits]:
    return {
        _id(worker): {
            name: {
                "value": float(getattr(result, name)[i]),
                "low": float(getattr(result, f"{name}_low")[i]),
                "high": float(getattr(result, f"{name}_high")[i]),
            }
            for name in names
        }
        for i, worker in enumerate(result.workers)
    }


def _course(result: Any) -> dict[str, Any]:
    return {
        "is_converged": bool(result.converged),
        "iterations": int(result.n_iter),
        "objective": float(result.objective[-1]) if len(result.objective) else None,
        "notes": tuple(result.notes),
    }


def _id(value: Any) -> int:
    assert isinstance(value, int)
    return value
