"""Asks a chat model for a label: the bodies of the calls that one payload takes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crowd.raters.templates import render
from crowd.raters.verdicts import hash_payload

TOP_LOGPROBS = 20
# The JSON around the label, white space included, with the tokens that some servers write before it.
FRAME_TOKENS = 40
# Words that say nothing about a text: an order in the text to answer with a label's word then names no option.
ALIASES = (
    ("maple", "cedar", "birch", "aspen", "hazel", "willow", "poplar", "spruce", "linden", "alder"),
    ("copper", "nickel", "cobalt", "zinc", "bronze", "silver", "titanium", "iron", "brass", "tungsten"),
)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """An example: its payload with the position of its label."""

    payload: Mapping[str, Any]
    label_index: int


@dataclass(frozen=True, kw_only=True)
class ChatPlan:
    """All that shapes what a chat model is asked; nothing of it comes from answers, golds or a consensus.

    ``words``: what stands for each label, in the order of the label set.
    """

    model: str
    system: str
    user: str
    instructions: str
    words: tuple[str, ...]
    shots: tuple[Shot, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = 0
    samples: int = 1
    rotations: int = 1
    has_logprobs: bool = True
    is_aliased: bool = False


@dataclass(frozen=True)
class Part:
    """One call: ``words`` are the label words as this call has them, in the order of the label set."""

    name: str
    words: tuple[str, ...]
    body: dict[str, Any]


def parts_of(plan: ChatPlan, payload: Mapping[str, Any], *, is_suspect: bool) -> list[Part]:
    """The calls for one payload: rotations × samples, or two aliased ones where the payload is suspected."""
    if is_suspect or plan.is_aliased:
        return [_part(plan, payload, alias=alias) for alias in range(len(ALIASES))]
    return [
        _part(plan, payload, rotation=rotation, sample=sample)
        for rotation in range(plan.rotations)
        for sample in range(plan.samples)
    ]


def schema_of(words: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of a reply."""
    return {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(words)}},
        "required": ["label"],
        "additionalProperties": False,
    }


def guess_tokens(body: Mapping[str, Any]) -> int:
    """About how many tokens a call sends: four characters each, with the frame of every message."""
    return sum(8 + len(message["content"]) // 4 for message in body["messages"])


def most_tokens(body: Mapping[str, Any]) -> int:
    """More tokens than a call can send, whatever the tokenizer: no token is shorter than a byte of UTF-8."""
    return sum(16 + len(message["content"].encode()) for message in body["messages"])


def _part(
    plan: ChatPlan, payload: Mapping[str, Any], *, rotation: int = 0, sample: int = 0, alias: int | None = None
) -> Part:
    size = len(plan.words)
    if alias is None:
        words = plan.words
        order = [(i + rotation * max(1, size // plan.rotations)) % size for i in range(size)]
        options = ", ".join(words[i] for i in order)
        replies = ", ".join(_reply(words[i]) for i in order)
    else:
        # Which alias stands for which label depends on the payload: its author cannot know it beforehand.
        words = _aliases(alias, size, hash_payload(payload))
        order = [(i + alias) % size for i in range(size)]
        options = ", ".join(f"{words[i]} (meaning {plan.words[i]})" for i in order)
        replies = ", ".join(f"{_reply(words[i])} (meaning {plan.words[i]})" for i in order)

    def said(template: str, shown: Mapping[str, Any]) -> str:
        return render(template, instructions=plan.instructions, options=options, replies=replies, payload=shown)

    messages = [{"role": "system", "content": said(plan.system, {})}] if plan.system else []
    for shot in plan.shots:
        messages.append({"role": "user", "content": said(plan.user, shot.payload)})
        messages.append({"role": "assistant", "content": _reply(words[shot.label_index])})
    messages.append({"role": "user", "content": said(plan.user, payload)})
    body: dict[str, Any] = {
        "model": plan.model,
        "messages": messages,
        "temperature": plan.temperature,
        "top_p": plan.top_p,
        "max_tokens": FRAME_TOKENS + max(len(word) for word in words),
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": schema_of(words)},
        },
    }
    if plan.seed is not None:
        body["seed"] = plan.seed + sample
    if plan.has_logprobs:
        body |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
    name = f"r{rotation}s{sample}" if alias is None else f"a{alias}"
    return Part(name, words, body)


def _reply(word: str) -> str:
    # Spelt out for every label: small models copy a form with a gap, gap and all, and the labels lose their mass.
    return json.dumps({"label": word}, ensure_ascii=False)


def _aliases(alias: int, size: int, payload_hash: str) -> tuple[str, ...]:
    names = [*ALIASES[alias]] + [f"{ALIASES[alias][0]}-{i}" for i in range(size - len(ALIASES[alias]))]
    random.Random(f"{alias}{payload_hash}").shuffle(names)
    return tuple(names[:size])
