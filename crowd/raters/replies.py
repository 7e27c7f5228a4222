"""Reads the replies of a chat model: each one as a distribution over labels, all of a payload as one verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from crowd.enums import FailureReason
from crowd.raters.chat import Part
from crowd.raters.probabilities import Spread, pool_rotations, pool_samples, spread_over_labels
from crowd.raters.verdicts import RatingFailed, Verdict

# Under this the model would rather have said something else: it abstains.
LEAST_MASS = 0.5
MAX_SHOWN = 200
_LABEL = re.compile(r'"label"\s*:\s*"')


def read_replies(parts: Sequence[Part], replies: Sequence[Mapping[str, Any]]) -> Verdict:
    """The verdict on a payload from the replies to all of its calls, in the order of its parts.

    Rotations are pooled by log-probabilities, samples by probabilities; aliased calls must agree. Raises RatingFailed.
    """
    given = [_label_of(part, reply) for part, reply in zip(parts, replies, strict=True)]
    spreads = [_spread_of(part, reply) for part, reply in zip(parts, replies, strict=True)]
    finish = str(_choice(replies[0]).get("finish_reason") or "")
    if parts[0].name.startswith("a"):
        return _agreed(given, spreads, finish)
    if any(spread is None for spread in spreads):
        return _without_probabilities(given, len(parts[0].words), finish)
    found = [spread for spread in spreads if spread is not None]
    by_rotation: dict[str, list[tuple[float, ...]]] = {}
    for part, spread in zip(parts, found, strict=True):
        by_rotation.setdefault(part.name.split("s")[0], []).append(spread.shares)
    shares = pool_rotations([pool_samples(group) for group in by_rotation.values()])
    mass = sum(spread.mass for spread in found) / len(found)
    if mass < LEAST_MASS:
        return Verdict(None, "label_mass", shares, mass, finish)
    return Verdict(max(range(len(shares)), key=shares.__getitem__), "", shares, mass, finish)


def _agreed(given: Sequence[int], spreads: Sequence[Spread | None], finish: str) -> Verdict:
    if len(set(given)) > 1:
        return Verdict(None, "aliases_disagree", None, None, finish)
    if any(spread is None for spread in spreads):
        return Verdict(given[0], "", None, None, finish)
    found = [spread for spread in spreads if spread is not None]
    shares, mass = pool_rotations([spread.shares for spread in found]), sum(s.mass for s in found) / len(found)
    if mass < LEAST_MASS:
        return Verdict(None, "label_mass", shares, mass, finish)
    if max(range(len(shares)), key=shares.__getitem__) != given[0]:
        return Verdict(None, "aliases_disagree", shares, mass, finish)
    return Verdict(given[0], "", shares, mass, finish)


def _without_probabilities(given: Sequence[int], size: int, finish: str) -> Verdict:
    if len(given) == 1:
        return Verdict(given[0], "", None, None, finish)
    shares = tuple(given.count(index) / len(given) for index in range(size))
    winners = [index for index in range(size) if shares[index] == max(shares)]
    if len(winners) > 1:
        return Verdict(None, "samples_tie", shares, None, finish)
    return Verdict(winners[0], "", shares, None, finish)


def _choice(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise RatingFailed(FailureReason.OUTSIDE_SCHEMA, "the reply is no chat completion: it has no choices")
    return choices[0]


def _label_of(part: Part, reply: Mapping[str, Any]) -> int:
    choice = _choice(reply)
    message = choice.get("message")
    message = message if isinstance(message, Mapping) else {}
    if message.get("refusal") or choice.get("finish_reason") == "content_filter":
        said = message.get("refusal") or "the endpoint's filter cut the reply"
        raise RatingFailed(FailureReason.REFUSAL, f"the model refused: {str(said)[:MAX_SHOWN]}")
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        raise RatingFailed(FailureReason.EMPTY, "the reply is empty")
    try:
        value = json.loads(content)
    except ValueError:
        if choice.get("finish_reason") == "length":
            raise RatingFailed(
                FailureReason.CUT_SHORT, f"the reply was cut off at its length: {content[:MAX_SHOWN]!r}"
            ) from None
        raise RatingFailed(FailureReason.OUTSIDE_SCHEMA, f"the reply is no JSON: {content[:MAX_SHOWN]!r}") from None
    label = value.get("label") if isinstance(value, dict) and set(value) == {"label"} else None
    if not isinstance(label, str) or label not in part.words:
        raise RatingFailed(FailureReason.OUTSIDE_SCHEMA, f"the reply has no label of the set: {content[:MAX_SHOWN]!r}")
    return part.words.index(label)


def _spread_of(part: Part, reply: Mapping[str, Any]) -> Spread | None:
    logprobs = _choice(reply).get("logprobs")
    tokens = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    # Looked for in the tokens and not in the content: servers leave tokens out of the content that their grammar ate.
    written = "".join(str(token.get("token", "")) for token in tokens)
    places = list(_LABEL.finditer(written))
    if not places:
        return None
    return spread_over_labels(tokens, start=places[-1].end(), words=part.words)
