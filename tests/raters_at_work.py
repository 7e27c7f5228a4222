"""Raters for tests: a chat model behind a fake endpoint, set up and let work as jobs would."""

from __future__ import annotations

from typing import Any

from cast import Cast
from django.utils import timezone

from crowd.enums import WorkerKind
from crowd.models import Rater, RaterRun
from crowd.queries.raters import due_runs
from crowd.raters.templates import DEFAULT_SYSTEM, DEFAULT_USER
from crowd.services.prompts import PromptText, add_prompt_version
from crowd.services.rater_runs import launch_rater
from crowd.services.rater_work import work_on_run
from crowd.services.raters import NewRater, create_rater


def chat_rater(cast: Cast, url: str, *, prompt: PromptText | None = None, name: str = "m", **changes: Any) -> Rater:
    """A chat model at ``url``; ``spec`` is merged, everything else replaces what a rater is set up with."""
    text = prompt or PromptText(system=DEFAULT_SYSTEM, user=DEFAULT_USER)
    version = add_prompt_version(project=cast.project, name=name, text=text, actor=cast.owner)
    spec = {"base_url": url, "model": "fake-1b"} | changes.pop("spec", {})
    plan: dict[str, Any] = {
        "name": name,
        "kind": WorkerKind.LLM,
        "prompt": version.uid,
        "input_price_micros": 0,
        "output_price_micros": 0,
        "timeout_seconds": 5.0,
    } | changes
    return create_rater(project=cast.project, new=NewRater(spec=spec, **plan), actor=cast.owner)


def work(rater: Rater, *, slices: int = 10) -> RaterRun:
    """Let the rater's due runs work until they rest; the newest run."""
    for _ in range(slices):
        RaterRun.objects.filter(rater=rater).update(look_at=timezone.now())
        ids = list(due_runs().filter(rater=rater).values_list("id", flat=True))
        more = [work_on_run(run_id=run_id) for run_id in ids]
        if True not in more:
            break
    return RaterRun.objects.filter(rater=rater).latest("pk")


def vote(cast: Cast, rater: Rater) -> RaterRun:
    """Launch the rater and let it work until it rests."""
    launch_rater(rater=rater, actor=cast.owner)
    return work(rater)
