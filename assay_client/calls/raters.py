"""Models that answer: raters, their prompts and examples, and what their votes have earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay_client.call import Call, get, given, post
from assay_client.shapes import Json


def raters(project: str) -> Call[Json]:
    """The project's raters."""
    return get(f"/projects/{project}/raters")


def rater(project: str, rater: str) -> Call[Json]:
    """One rater as it is set up."""
    return get(f"/projects/{project}/raters/{rater}")


def set_up_rater(project: str, rater: Mapping[str, Any]) -> Call[Json]:
    """Set a rater up: ``name``, ``kind`` and ``spec``, with prices and limits."""
    return post(f"/projects/{project}/raters", dict(rater))


def forecast_rater(project: str, rater: str) -> Call[Json]:
    """What letting it answer would cost and take."""
    return get(f"/projects/{project}/raters/{rater}/forecast")


def preview_rater(project: str, rater: str, tasks: int | None = None) -> Call[Json]:
    """Have it answer a few tasks for show; nothing counts."""
    return post(f"/projects/{project}/raters/{rater}/preview", given(tasks=tasks))


def rater_preview(project: str, rater: str) -> Call[Json]:
    """What the preview gave."""
    return get(f"/projects/{project}/raters/{rater}/preview")


def launch_rater(project: str, rater: str) -> Call[Json]:
    """Let it answer."""
    return post(f"/projects/{project}/raters/{rater}/launch")


def pause_rater(project: str, rater: str) -> Call[Json]:
    """Let it rest."""
    return post(f"/projects/{project}/raters/{rater}/pause")


def resume_rater(project: str, rater: str) -> Call[Json]:
    """Let it go on."""
    return post(f"/projects/{project}/raters/{rater}/resume")


def retrain_rater(project: str, rater: str) -> Call[Json]:
    """Train it anew on what is known by now."""
    return post(f"/projects/{project}/raters/{rater}/retrain")


def renew_rater(project: str, rater: str) -> Call[Json]:
    """Go on with the model that its endpoint serves now, as a rater of its own."""
    return post(f"/projects/{project}/raters/{rater}/renew")


def cancel_rater_batch(project: str, rater: str) -> Call[Json]:
    """End its batch file early; what is done is kept, the rest is listed as failed."""
    return post(f"/projects/{project}/raters/{rater}/batch/cancel")


def rater_progress(project: str, rater: str) -> Call[Json]:
    """How far it is."""
    return get(f"/projects/{project}/raters/{rater}/progress")


def rater_failures(project: str, rater: str, reason: str | None = None, page_size: int | None = None) -> Call[Json]:
    """The tasks that it could not answer, and why."""
    return get(f"/projects/{project}/raters/{rater}/failures", reason=reason, page_size=page_size)


def rater_votes(project: str, rater: str, page_size: int | None = None) -> Call[Json]:
    """Its votes with label probabilities, cost and latency, abstentions included."""
    return get(f"/projects/{project}/raters/{rater}/votes", page_size=page_size)


def retry_rater_failures(project: str, rater: str) -> Call[Json]:
    """Let it try those again."""
    return post(f"/projects/{project}/raters/{rater}/failures/retry")


def prompts(project: str) -> Call[Json]:
    """The versions of the project's prompts."""
    return get(f"/projects/{project}/prompts")


def set_prompt(project: str, prompt: Mapping[str, Any]) -> Call[Json]:
    """Keep a prompt: its next version."""
    return post(f"/projects/{project}/prompts", dict(prompt))


def example_pools(project: str) -> Call[Json]:
    """The pools of examples that prompts show."""
    return get(f"/projects/{project}/example-pools")


def add_examples(project: str, name: str, examples: Sequence[Mapping[str, Any]]) -> Call[Json]:
    """Add examples to a pool."""
    return post(f"/projects/{project}/example-pools", {"name": name, "examples": [dict(one) for one in examples]})


def remove_example(project: str, example: str) -> Call[None]:
    """Remove an example."""
    return Call("DELETE", f"/projects/{project}/examples/{example}")


def models(project: str) -> Call[Json]:
    """Every model with what its votes have earned."""
    return get(f"/projects/{project}/models")


def model_terms(project: str) -> Call[Json]:
    """How far models' votes may go in this project now."""
    return get(f"/projects/{project}/models/terms")


def set_model_terms(project: str, terms: Mapping[str, Any]) -> Call[Json]:
    """How far models' votes may go in this project."""
    return post(f"/projects/{project}/models/terms", dict(terms))


def promote_model(project: str, worker: str, reason: str) -> Call[Json]:
    """Let a model's votes count."""
    return post(f"/projects/{project}/models/{worker}/promote", {"reason": reason})


def demote_model(
    project: str, worker: str, reason: str, *, state: str | None = None, voids_decisions: bool | None = None
) -> Call[Json]:
    """Take a model's votes out again."""
    body = given(reason=reason, state=state, voids_decisions=voids_decisions)
    return post(f"/projects/{project}/models/{worker}/demote", body)


def model_certificates(project: str) -> Call[Json]:
    """What was shown about each model, and when."""
    return get(f"/projects/{project}/models/certificates")


def model_anchoring(project: str) -> Call[Json]:
    """Whether suggestions have swayed people."""
    return get(f"/projects/{project}/models/anchoring")


def model_prevalence(project: str) -> Call[Json]:
    """The share of each label by models and people together, with its interval."""
    return get(f"/projects/{project}/models/prevalence")


def draw_prevalence_sample(project: str, tasks: int) -> Call[Json]:
    """Draw the tasks that people answer for `model_prevalence`."""
    return post(f"/projects/{project}/models/prevalence", {"tasks": tasks})


def next_raters(project: str, limit: int | None = None) -> Call[Json]:
    """Whom to ask about which task next, by the expected gain per money."""
    return get(f"/projects/{project}/models/next", limit=limit)
