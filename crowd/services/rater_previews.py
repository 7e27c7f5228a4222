"""Shows what a rater will be asked, before it costs anything, and what all of its votes will cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crowd.enums import WorkerKind
from crowd.models import Rater, Task
from crowd.policies.forecast import Forecast, Sample
from crowd.queries.rater_tasks import OFFERED
from crowd.queries.raters import forecast_of
from crowd.raters.chat import FRAME_TOKENS, guess_tokens, parts_of
from crowd.services.model_calls import TOKENS_PER_PRICE
from crowd.services.model_votes import suspicions_of
from crowd.services.rater_setup import plan_of

# Where nothing was called yet: a slow hosted model. The range is wide for the same reason.
GUESSED_SECONDS = 2.0
GUESSED_FROM = 20
# Beyond this a forecast says "at least": counting a large project is no business of a request.
MOST_COUNTED = 200_000


@dataclass(frozen=True)
class Shown:
    """One task as the rater will be asked about it; ``suspicions``: why it would be asked under aliases."""

    task: Task
    messages: list[dict[str, Any]]
    calls: int
    tokens: int
    suspicions: list[dict[str, Any]]


def show_prompts(*, rater: Rater, tasks: int) -> list[Shown]:
    """What the first tasks look like in the prompt; empty for a rater without one."""
    if rater.kind != WorkerKind.LLM:
        return []
    plan = plan_of(rater)
    shown = []
    for task in Task.objects.filter(project=rater.project, state__in=OFFERED).order_by("pk")[:tasks]:
        suspicions = suspicions_of(task.payload, plan.words)
        parts = parts_of(plan, task.payload, is_suspect=bool(suspicions))
        tokens = sum(guess_tokens(part.body) for part in parts)
        shown.append(Shown(task, parts[0].body["messages"], len(parts), tokens, suspicions))
    return shown


def forecast_rater(*, rater: Rater) -> Forecast:
    """Cost and time of a vote on every task there is: measured where calls were made, else from the prompts' length."""
    offered = Task.objects.filter(project=rater.project, state__in=OFFERED)
    tasks = offered.order_by()[:MOST_COUNTED].count()
    guesses = [_guess(rater, row) for row in show_prompts(rater=rater, tasks=GUESSED_FROM)]
    nothing = Sample(calls=0, tokens=0, cost_micros=0, seconds=0.0)
    return forecast_of(rater, tasks=tasks, guesses=guesses or [nothing])


def _guess(rater: Rater, row: Shown) -> Sample:
    made = FRAME_TOKENS // 2 * row.calls
    cost = (row.tokens * rater.input_price_micros + made * rater.output_price_micros) / TOKENS_PER_PRICE
    if rater.is_batched:
        cost *= (100 - rater.batch_discount_percent) / 100
    return Sample(calls=row.calls, tokens=row.tokens + made, cost_micros=cost, seconds=GUESSED_SECONDS * row.calls)
