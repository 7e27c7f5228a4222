"""Distances between two answers, 0 for the same answer up to 1: sets, texts."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray


def jaccard_distance(first: Collection[Hashable], second: Collection[Hashable]) -> float:
    """1 − |both| / |either|; two empty sets agree."""
    a, b = frozenset(first), frozenset(second)
    either = len(a | b)
    return 1 - len(a & b) / either if either else 0.0


def masi_distance(first: Collection[Hashable], second: Collection[Hashable]) -> float:
    """1 − Jaccard × monotonicity: 1 for equal sets, 2/3 where one holds the other, 1/3 where they cross, else 0.

    Two empty sets agree. Source: Passonneau (2006), with exact thirds.
    """
    a, b = frozenset(first), frozenset(second)
    if a == b:
        return 0.0
    both = len(a & b)
    if not both:
        return 1.0
    monotonicity = 2 / 3 if both in (len(a), len(b)) else 1 / 3
    return 1 - both / len(a | b) * monotonicity


def edit_steps(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Fewest insertions, deletions or replacements that turn one sequence into the other (Levenshtein)."""
    if len(first) < len(second):
        first, second = second, first
    if not second:
        return len(first)
    place: dict[Hashable, int] = {}
    a = np.array([place.setdefault(token, len(place)) for token in first])
    b = np.array([place.setdefault(token, len(place)) for token in second])
    along = np.arange(len(b) + 1)
    row: NDArray[np.int64] = along.astype(np.int64)
    for token in a:
        step = np.empty_like(row)
        step[0] = row[0] + 1
        step[1:] = np.minimum(row[:-1] + (b != token), row[1:] + 1)
        # An insertion costs 1 a place: the best start to the left is a running minimum of cost − place.
        row = np.minimum.accumulate(step - along) + along
    return int(row[-1])


def edit_distance(first: str, second: str) -> float:
    """Edit steps by character, divided by the longer text's length; two empty texts agree."""
    longest = max(len(first), len(second))
    return edit_steps(first, second) / longest if longest else 0.0


def word_error_rate(given: str, reference: str) -> float:
    """Edit steps by word, divided by the words of the reference: not symmetric, can exceed 1.

    An empty reference gives 0 for an empty text, else 1.
    """
    words, truth = given.split(), reference.split()
    if not truth:
        return float(bool(words))
    return edit_steps(words, truth) / len(truth)


def word_distance(first: str, second: str) -> float:
    """Edit steps by word, divided by the longer text's words: the symmetric form for alpha."""
    words, others = first.split(), second.split()
    longest = max(len(words), len(others))
    return edit_steps(words, others) / longest if longest else 0.0
