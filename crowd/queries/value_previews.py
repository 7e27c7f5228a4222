"""The consensus of a task between two full fits where answers are not one label each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crowd.models import AggregationRun, Answer, Project, Skill
from crowd.policies.forms.choices import ChoicesForm
from crowd.policies.forms.number import NumberForm
from crowd.policies.forms.ranking import RankingForm
from crowd.policies.value_results import FoundValue, found_number, found_order, found_set
from crowd.queries.consensus import newest_run, skills_of
from crowd.queries.forms import form_of
from quality.aggregation.multiple_choice import MultipleChoice
from quality.aggregation.rankings import PlackettLuce
from quality.aggregation.value_previews import number_posterior, set_posterior
from quality.answer_forms import RankingAnswers

# Half the width of a 95 % interval in standard deviations.
HALF_WIDTH = 1.96


def preview_value(project: Project, answers: Sequence[Answer]) -> FoundValue | None:
    """What the answers to one task say, the workers being as the newest fit found them; three queries.

    None where nothing can be said: of texts ever, of numbers and orders before a first fit has learnt how far answers
    lie apart. Sets are previewed from the start, by the model's own starting point.
    """
    form = form_of(project, {})
    if not answers or not isinstance(form, (ChoicesForm, NumberForm, RankingForm)):
        return None
    run = newest_run(project)
    skills = skills_of(project, [answer.worker_id for answer in answers])
    if isinstance(form, ChoicesForm):
        return _set(form, answers, run, skills)
    if run is None or not run.estimates:
        return None
    if isinstance(form, NumberForm):
        return _number(form, answers, run.estimates, skills)
    return _order(form, answers, skills)


def _set(
    form: ChoicesForm, answers: Sequence[Answer], run: AggregationRun | None, skills: Mapping[int, Skill]
) -> FoundValue:
    start = MultipleChoice().start_rates
    usual: dict[str, Any] = {"sensitivity": start[0], "specificity": start[1], "prevalence": [0.5] * len(form.labels)}
    if run is not None and run.estimates and len(run.estimates["prevalence"]) == len(form.labels):
        usual |= run.estimates
    sensitivity, specificity = (
        [_trait(skills, answer, name, usual[name])["value"] for answer in answers]
        for name in ("sensitivity", "specificity")
    )
    ticked = [[label in answer.value for label in form.labels] for answer in answers]
    return found_set(form, set_posterior(ticked, sensitivity, specificity, usual["prevalence"]).tolist())


def _number(
    form: NumberForm, answers: Sequence[Answer], crowd: Mapping[str, Any], skills: Mapping[int, Skill]
) -> FoundValue:
    reach = HALF_WIDTH * crowd["bias_sd"]
    biases = [_trait(skills, answer, "bias", 0.0, reach) for answer in answers]
    noise = np.array([_trait(skills, answer, "noise", crowd["noise"])["value"] for answer in answers])
    value, sd = number_posterior(
        [answer.value for answer in answers],
        bias=[bias["value"] for bias in biases],
        bias_sd=[(bias["high"] - bias["low"]) / (2 * HALF_WIDTH) for bias in biases],
        scale=noise / np.sqrt(crowd["noise_ratio"]),
        mean=crowd["mean"],
        spread=crowd["spread"],
        tail=crowd["tail"],
    )
    return found_number(form, value, sd)


def _order(form: RankingForm, answers: Sequence[Answer], skills: Mapping[int, Skill]) -> FoundValue:
    model = PlackettLuce()
    usual, reach = 1.0, HALF_WIDTH * model.consistency_sd
    priors = {}
    for answer in answers:
        trait = _trait(skills, answer, "consistency", usual, reach)
        priors[answer.worker_id] = (trait["value"], max((trait["high"] - trait["low"]) / (2 * HALF_WIDTH), 1e-6))
    items = sorted(answers[0].value)
    records = [(0, answer.worker_id, answer.value) for answer in answers]
    result = model.fit(RankingAnswers.from_records(records, options={0: items}), priors=priors)
    return found_order(form, items, result.score[0], result.covariance[0])


def _trait(
    skills: Mapping[int, Skill], answer: Answer, name: str, usual: float, reach: float = 0.0
) -> dict[str, float]:
    """What the newest fit said of the worker; the usual figure, give or take ``reach``, for one whom it did not see."""
    skill = skills.get(answer.worker_id)
    traits = {} if skill is None or skill.traits is None else skill.traits
    found: dict[str, float] = traits.get(name) or {"value": usual, "low": usual - reach, "high": usual + reach}
    return found
