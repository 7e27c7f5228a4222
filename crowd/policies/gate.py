"""The gate: which state a model's votes may be in, after what the tests say."""

from __future__ import annotations

from dataclasses import dataclass

from crowd.enums import VoteState

VERSION = 1
# A model is tested again when the tasks that it shares with people have grown by this factor, or by this many.
GROWTH, LEAST_MORE = 1.25, 20
# Golds and audits from which drift is looked for in a model that was let in without a measured accuracy.
ASSUMED_ACCURACY = 0.75


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the newest review says of a model; None: it cannot be said.

    holds_up: against people; does_harm: to the consensus; is_certified: to decide above a confidence; is_voided: what
    it decided alone was wrong more often than the certificate allows, as audits show.
    """

    holds_up: bool | None
    does_harm: bool | None
    is_certified: bool | None
    is_voided: bool = False


@dataclass(frozen=True)
class GateDecision:
    """A state to move to, with the reason; ``is_at_once``: not a proposal, since it takes rights away."""

    state: VoteState
    reason: str
    is_at_once: bool


def decide_state(state: VoteState, evidence: Evidence) -> GateDecision | None:
    """The state that the evidence calls for, one step up or as far down as it must; None: stay.

    Up only on positive evidence, both that the model holds up against people and that its votes do no harm. Down at
    once on negative evidence; "cannot say" moves nobody.
    """
    if state != VoteState.SHADOW:
        if evidence.holds_up is False:
            return GateDecision(VoteState.SHADOW, "the model no longer holds up against people", True)
        if evidence.does_harm:
            return GateDecision(VoteState.SHADOW, "the consensus meets people's kept-out answers less with it", True)
    if state == VoteState.SHADOW:
        if evidence.holds_up and evidence.does_harm is False:
            return GateDecision(VoteState.COUNTED, "it holds up against people, and its votes do no harm", False)
        return None
    if state == VoteState.DECIDES:
        if evidence.is_voided:
            return GateDecision(VoteState.COUNTED, "audits find it wrong more often than certified", True)
        return None
    if evidence.is_certified:
        return GateDecision(VoteState.DECIDES, "it is certified above a confidence", False)
    return None


def is_due(*, tested_tasks: int, tasks: int) -> bool:
    """Whether a model that shares ``tasks`` with people should be tested again."""
    return tasks >= tested_tasks + LEAST_MORE and tasks >= GROWTH * tested_tasks


def may_decide(*, confidence: float, threshold: float | None, is_flagged: bool, people: int, agrees: bool) -> bool:
    """Whether a deciding model's vote ends a task: nobody has begun it, the text does not talk to the model, the
    consensus of all that counts says the same.
    """
    return threshold is not None and confidence >= threshold and not is_flagged and people == 0 and agrees
