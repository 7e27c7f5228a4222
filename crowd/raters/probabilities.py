"""Reads the probability of every label off the tokens of a reply."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FLOOR = 1e-6


@dataclass(frozen=True)
class Spread:
    """A probability per label, summing to 1, and the mass that they had before."""

    shares: tuple[float, ...]
    mass: float


def spread_over_labels(tokens: Sequence[Mapping[str, Any]], *, start: int, words: Sequence[str]) -> Spread | None:
    """The labels' probabilities where the reply's label begins, at character ``start``; None without usable tokens.

    ``tokens``: the endpoint's list, each with ``token``, ``logprob`` and ``top_logprobs``. At each token every
    alternative that could begin a label gets its probability times that of the way there; the walk follows the tokens
    that were given until one label is left. An alternative that several labels share is split evenly among them.
    """
    shares = [0.0] * len(words)
    path, prefix, at = 1.0, "", 0
    begun = False
    for token in tokens:
        text = str(token.get("token", ""))
        end = at + len(text)
        if not begun and end <= start:
            at = end
            continue
        # The label may begin inside a token: what stands before it is the same for every alternative.
        lead = "" if begun else text[: max(0, start - at)]
        begun = True
        given = text.removeprefix(lead)
        for other, probability in _alternatives(token, text).items():
            if other == text or not other.startswith(lead):
                continue
            matched = _matching(prefix + other.removeprefix(lead), words)
            for index in matched:
                shares[index] += path * probability / len(matched)
        chosen = _matching(prefix + given, words)
        path *= math.exp(float(token.get("logprob", 0.0)))
        if len(chosen) <= 1:
            for index in chosen:
                shares[index] += path
            break
        prefix += given
        at = end
    else:
        if begun:
            for index in _matching(prefix, words, is_whole=True):
                shares[index] += path
    mass = min(1.0, sum(shares))
    if mass <= 0:
        return None if not begun else Spread(tuple(1 / len(words) for _ in words), 0.0)
    return Spread(tuple(share / sum(shares) for share in shares), mass)


def pool_rotations(spreads: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Distributions from several orders of the options as one: the normalised mean of their logarithms."""
    if len(spreads) == 1:
        return spreads[0]
    size = len(spreads[0])
    logs = [sum(math.log(max(FLOOR, spread[i])) for spread in spreads) / len(spreads) for i in range(size)]
    top = max(logs)
    weights = [math.exp(value - top) for value in logs]
    return tuple(weight / sum(weights) for weight in weights)


def pool_samples(spreads: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Distributions from several samples of one prompt as one: their mean."""
    return tuple(sum(spread[i] for spread in spreads) / len(spreads) for i in range(len(spreads[0])))


def _alternatives(token: Mapping[str, Any], text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for other in token.get("top_logprobs") or []:
        name = str(other.get("token", ""))
        if name != text:
            found[name] = found.get(name, 0.0) + math.exp(float(other.get("logprob", -math.inf)))
    return found


def _matching(written: str, words: Sequence[str], *, is_whole: bool = False) -> list[int]:
    """The labels that what is written so far may become, or that it has gone past: closing marks may follow."""
    if not written.strip():
        return []
    exact = [i for i, word in enumerate(words) if written == word or written.startswith((f'{word}"', f"{word} "))]
    if is_whole or (exact and not any(word.startswith(written) and word != written for word in words)):
        return exact
    return [i for i, word in enumerate(words) if word.startswith(written)] or exact
