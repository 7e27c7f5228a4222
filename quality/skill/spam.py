"""Signs of a worker who does not read the tasks: long runs of one label, answers that carry no information."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class RunEvidence:
    """A worker's longest run of one label, with the chance of one as long in a crowd that answers independently."""

    longest: int
    label: int
    p_value: float
    n_answers: int


@dataclass(frozen=True, kw_only=True)
class InformationEvidence:
    """How much a worker's answers tell of the others' consensus.

    information: mutual information with the consensus, in nats; entropy: of the worker's own labels; crowd_entropy:
    of the consensus on the same tasks; p_value: the chance of as much information from answers given without looking.
    A *high* p-value after many tasks is the sign of a worker who does not look.
    """

    information: float
    entropy: float
    crowd_entropy: float
    p_value: float
    n_answers: int


def longest_run(labels: Sequence[int] | NDArray[np.integer[Any]], label_shares: ArrayLike) -> RunEvidence:
    """Test the longest run of equal labels in a worker's answers, in the order in which they were given.

    label_shares: (K,), how often the crowd gives each label; tasks must reach workers in random order, or runs are
    the tasks' own. The p-value is exact: P(some run is at least as long | independent answers with these shares).
    Raises ValueError on a label outside the shares or shares that do not sum to 1.
    """
    given = np.asarray(labels, dtype=int)
    shares = np.asarray(label_shares, dtype=float)
    if shares.ndim != 1 or not (shares >= 0).all() or abs(shares.sum() - 1) > 1e-6:
        raise ValueError(f"label_shares are {shares.tolist()}; they are at least 0 and sum to 1")
    if given.size and (given.min() < 0 or given.max() >= len(shares)):
        raise ValueError(f"a label is outside the {len(shares)} shares")
    if not given.size:
        return RunEvidence(longest=0, label=-1, p_value=1.0, n_answers=0)
    breaks = np.flatnonzero(np.append(given[1:] != given[:-1], True))
    lengths = np.diff(np.append(-1, breaks))
    place = int(np.argmax(lengths))
    longest = int(lengths[place])
    return RunEvidence(
        longest=longest,
        label=int(given[breaks[place]]),
        p_value=run_probability(len(given), longest, shares),
        n_answers=len(given),
    )


def run_probability(n: int, length: int, shares: Floats) -> float:
    """P(a run of at least ``length`` equal labels in ``n`` independent answers), exactly, in O(n · K).

    A run of label k ends its first appearance as a long one at answer i with chance share_k^length times the chance
    that no run was long before its start and that the answer before it was another label.
    """
    if length <= 1:
        return 1.0 if n >= 1 else 0.0
    if length > n:
        return 0.0
    # last[i, k]: P(no long run in the first i answers, and answer i is label k).
    power = shares**length
    last = np.zeros((n + 1, len(shares)))
    alive = np.zeros(n + 1)
    alive[0] = 1.0
    for i in range(1, n + 1):
        now = shares * alive[i - 1]
        if i >= length:
            before = i - length
            # The run that becomes long at i began after a different label, or at the very start.
            now = now - power * (alive[before] - last[before])
        last[i] = np.maximum(now, 0.0)
        alive[i] = last[i].sum()
    return float(min(1.0, max(0.0, 1.0 - alive[n])))


def information(
    given: ArrayLike,
    consensus: ArrayLike,
    n_labels: int,
    *,
    n_permutations: int = 999,
    rng: np.random.Generator | None = None,
) -> InformationEvidence:
    """Test whether a worker's labels depend on the tasks at all.

    given: (n,) label indexes; consensus: (n,) of the same tasks, by the *other* workers or gold. The p-value is of a
    permutation test, valid for any label shares: (1 + permutations with as much information) / (1 + permutations). A
    worker who turns the labels round carries information: that is for the confusion matrix to see. Raises ValueError
    on unequal lengths or a label out of range.
    """
    mine, other = np.asarray(given, dtype=int), np.asarray(consensus, dtype=int)
    if mine.shape != other.shape or mine.ndim != 1:
        raise ValueError(f"given has shape {mine.shape}, consensus {other.shape}; they must be equal")
    for name, values in (("given", mine), ("consensus", other)):
        if values.size and (values.min() < 0 or values.max() >= n_labels):
            raise ValueError(f"{name} holds a label outside 0 to {n_labels - 1}")
    generator = rng if rng is not None else np.random.default_rng(0)
    seen = _mutual_information(mine, other, n_labels)
    as_much = sum(
        _mutual_information(generator.permutation(mine), other, n_labels) >= seen - 1e-12 for _ in range(n_permutations)
    )
    return InformationEvidence(
        information=seen,
        entropy=_entropy(np.bincount(mine, minlength=n_labels)),
        crowd_entropy=_entropy(np.bincount(other, minlength=n_labels)),
        p_value=(1 + as_much) / (1 + n_permutations),
        n_answers=len(mine),
    )


def _mutual_information(mine: NDArray[Any], other: NDArray[Any], n_labels: int) -> float:
    table = np.bincount(mine * n_labels + other, minlength=n_labels**2)
    square = table.reshape(n_labels, n_labels)
    return max(0.0, _entropy(square.sum(axis=0)) + _entropy(square.sum(axis=1)) - _entropy(table))


def _entropy(counts: NDArray[Any]) -> float:
    total = counts.sum()
    if not total:
        return 0.0
    p = counts[counts > 0] / total
    return float(-(p * np.log(p)).sum())
