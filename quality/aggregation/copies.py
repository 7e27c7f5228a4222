"""Copies: workers who give the same answers on task after task where the rest of the crowd is split."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from quality.answers import AnswerSet

Floats = NDArray[np.float64]

LEAST_SHARED = 20
"""Tasks that two workers must share before they can be called copies."""

ENOUGH_SHARED = 100
"""Shared tasks from which agreement alone is enough; below, they must also agree against the others."""

LEAST_AGAINST = 5
"""Shared tasks on which they must agree against the most frequent label of the others, where they share few."""

LEAST_AGREEMENT = 0.995
"""Share of these on which they must give the same label."""

LEAST_RING = 3
"""Workers from which a group that shares few tasks is believed: two may be the two who know better than the rest."""

CHANCE = 1e-6
"""How unlikely their agreement must be, over all pairs of workers, were one of them any worker of the crowd."""

MOST_PAIRS = 50_000_000
"""Pairs of answers to one task above which the comparison is left out for its cost."""


def find_copies(answers: AnswerSet) -> dict[Hashable, Hashable]:
    """Each copying worker with the name of its group; empty when there is none, or too much to compare.

    Two workers are copies when they agree on nearly all of many shared tasks, and the rest of the crowd's answers to
    these make that agreement next to impossible. Voters who always give one label count as copies of each other.
    Where two share few tasks they must have agreed against the others too, and be three: excellent workers agree
    because they are right. On many shared tasks two excellent workers may still be taken for copies, and weigh as
    one: that cost nothing on most public crowds, 2.5 points on one. Soft votes are not compared: the groups of model
    raters are known beforehand.
    """
    overlap = np.bincount(answers.task, minlength=answers.n_tasks).astype(np.int64)
    if answers.weight is not None or answers.n_workers < 3 or int((overlap**2).sum()) > MOST_PAIRS:
        return {}
    K = answers.n_labels
    busy = np.bincount(answers.worker, minlength=answers.n_workers) >= LEAST_SHARED
    # what a worker said twice of one task may contradict itself, so only single answers are compared
    pair = answers.task.astype(np.int64) * answers.n_workers + answers.worker
    _, place, times = np.unique(pair, return_inverse=True, return_counts=True)
    keep = busy[answers.worker] & (times[place] == 1)
    task, worker = answers.task[keep].astype(np.int64), answers.worker[keep]
    if not task.size:
        return {}
    ones = np.ones(len(task))
    gave = sparse.csr_array((ones, (worker, task * K + answers.label[keep])), shape=(len(busy), len(overlap) * K))
    took = sparse.csr_array((ones, (worker, task)), shape=(len(busy), len(overlap)))
    others = np.maximum(answers.counts - 1.0, 1.0) / np.maximum(overlap - 2 + K, 1)[:, None]
    surprise = -np.log(np.minimum(others, 1.0)).ravel()
    alone = (_others_top(answers.counts) > answers.counts - 2.0).ravel().astype(float)
    shared = sparse.triu(took @ took.T, k=1).tocsr()
    agreed = sparse.triu(gave @ gave.T, k=1).tocsr()
    unlikely = sparse.triu((gave @ sparse.diags_array(surprise)) @ gave.T, k=1).tocsr()
    against = sparse.triu((gave @ sparse.diags_array(alone)) @ gave.T, k=1).tocsr()
    pairs = shared.tocoo()
    often = pairs.data >= LEAST_SHARED
    first, second, together = pairs.row[often], pairs.col[often], pairs.data[often]
    if not first.size:
        return {}
    same = np.asarray(agreed[first, second]).ravel() >= LEAST_AGREEMENT * together
    same &= (together >= ENOUGH_SHARED) | (np.asarray(against[first, second]).ravel() >= LEAST_AGAINST)
    limit = -np.log(CHANCE) + np.log(len(first))
    copies = same & (np.asarray(unlikely[first, second]).ravel() > limit)
    if not copies.any():
        return {}
    links = sparse.coo_array(
        (np.ones(int(copies.sum())), (first[copies], second[copies])), shape=(len(busy), len(busy))
    )
    _, group = connected_components(links, directed=False)
    size = np.bincount(group)
    proven = np.bincount(group[first[copies]], weights=together[copies] >= ENOUGH_SHARED, minlength=len(size)) > 0
    accepted = (size >= LEAST_RING) | ((size > 1) & proven)
    leader = {int(g): answers.workers[int(np.flatnonzero(group == g)[0])] for g in np.flatnonzero(accepted)}
    return {answers.workers[i]: f"copies of {leader[int(g)]}" for i, g in enumerate(group) if int(g) in leader}


def _others_top(counts: Floats) -> Floats:
    """The most answers that any other label of the task has, for each label: (T, K) -> (T, K)."""
    if counts.shape[1] < 2:
        return np.zeros_like(counts)
    ordered = np.sort(counts, axis=1)
    is_top = np.arange(counts.shape[1]) == counts.argmax(axis=1)[:, None]
    tops: Floats = np.where(is_top, ordered[:, -2:-1], ordered[:, -1:])
    return tops
