"""Counts of what two workers said of the tasks they share, for all pairs at once, compiled where numba is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.answers import AnswerSet

try:
    from numba import njit
except ImportError:  # numba is optional: the numpy path gives the same figures, some ten times slower
    njit: Any = None  # type: ignore[no-redef]

Ints = NDArray[np.int32]
Block = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]

# Cells of pair tables (pairs × labels²) held at once.
BLOCK_CELLS = 1 << 24


@dataclass(frozen=True, eq=False)
class SortedAnswers:
    """Answers ordered by task, then worker: ``task``, ``worker``, ``label`` (N,); ``by_worker`` (N,) their order by
    worker, whose runs begin at ``start`` (W + 1,)."""

    task: Ints
    worker: Ints
    label: Ints
    by_worker: Ints
    start: NDArray[np.int64]
    n_labels: int


def sorted_answers(answers: AnswerSet) -> SortedAnswers:
    """Order answers for counting pairs.

    Raises ValueError where answers carry weights.
    """
    if answers.weight is not None:
        raise ValueError("agreement needs one label per answer; these answers carry weights")
    order = np.argsort(answers.worker, kind="stable").astype(np.int32)
    task = answers.task[order]
    order = order[np.argsort(task, kind="stable")]
    worker = np.ascontiguousarray(answers.worker[order])
    start = np.concatenate([[0], np.cumsum(np.bincount(worker, minlength=answers.n_workers))]).astype(np.int64)
    by_worker = np.argsort(worker, kind="stable").astype(np.int32)
    return SortedAnswers(
        np.ascontiguousarray(answers.task[order]),
        worker,
        np.ascontiguousarray(answers.label[order]),
        by_worker,
        start,
        answers.n_labels,
    )


def pair_blocks(data: SortedAnswers, min_shared: int, *, compiled: bool | None = None) -> Iterator[Block]:
    """Blocks of (first (E,), second (E,), table (E, K, K)) for pairs with at least ``min_shared`` shared tasks."""
    if compiled and njit is None:
        raise ValueError("numba is not installed; leave compiled at None")
    if not len(data.task):
        return iter(())
    return _numpy_blocks(data, min_shared) if compiled is False or njit is None else _numba_blocks(data, min_shared)


def shared_rows(data: SortedAnswers) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Places (i, j) of answers by two workers to the same task, worker[i] < worker[j], one lag at a time."""
    for lag in range(1, int(np.bincount(data.task).max())):
        left = np.flatnonzero((data.task[lag:] == data.task[:-lag]) & (data.worker[lag:] != data.worker[:-lag]))
        yield left, left + lag


def _numpy_blocks(data: SortedAnswers, min_shared: int) -> Iterator[Block]:
    width = int(data.worker.max()) + 1
    size = data.n_labels
    keys = [data.worker[i].astype(np.int64) * width + data.worker[j] for i, j in shared_rows(data)]
    key, count = np.unique(np.concatenate(keys) if keys else np.zeros(0, dtype=np.int64), return_counts=True)
    key = key[count >= min_shared]
    step = max(1, BLOCK_CELLS // (size * size))
    for begin in range(0, len(key), step):
        part = key[begin : begin + step]
        table = np.zeros(len(part) * size * size, dtype=np.int64)
        for seen, (i, j) in zip(keys, shared_rows(data), strict=True):
            place = np.minimum(np.searchsorted(part, seen), len(part) - 1)
            kept = part[place] == seen
            cell = (place[kept] * size + data.label[i[kept]]) * size + data.label[j[kept]]
            table += np.bincount(cell, minlength=len(table))
        yield part // width, part % width, table.reshape(-1, size, size).astype(np.int32)


def _numba_blocks(data: SortedAnswers, min_shared: int) -> Iterator[Block]:
    size = data.n_labels
    partners = _partners(data.task, data.worker, data.by_worker, data.start, min_shared)
    limit = max(1, BLOCK_CELLS // (size * size))
    begin, workers = 0, len(partners)
    total = np.concatenate([[0], np.cumsum(partners)])
    while begin < workers:
        end = max(begin + 1, int(np.searchsorted(total, total[begin] + limit, side="right")) - 1)
        pairs = int(total[end] - total[begin])
        if pairs:
            first, second = np.empty(pairs, dtype=np.int64), np.empty(pairs, dtype=np.int64)
            table = np.zeros((pairs, size, size), dtype=np.int32)
            _fill(
                data.task,
                data.worker,
                data.label,
                data.by_worker,
                data.start,
                min_shared,
                begin,
                end,
                first,
                second,
                table,
            )
            yield first, second, table
        begin = end


if njit is not None:

    @njit(cache=True)
    def _partners(task: Any, worker: Any, by_worker: Any, start: Any, min_shared: int) -> Any:  # pragma: no cover
        """How many later workers share enough tasks with each worker: (W,)."""
        workers = len(start) - 1
        out = np.zeros(workers, dtype=np.int64)
        shared = np.zeros(workers, dtype=np.int32)
        touched = np.empty(workers, dtype=np.int32)
        for w in range(workers):
            if start[w + 1] - start[w] < min_shared:
                continue
            n_touched = 0
            for place in by_worker[start[w] : start[w + 1]]:
                other = place + 1
                while other < len(task) and task[other] == task[place]:
                    v = worker[other]
                    if v != w:
                        if shared[v] == 0:
                            touched[n_touched] = v
                            n_touched += 1
                        shared[v] += 1
                    other += 1
            for v in touched[:n_touched]:
                if shared[v] >= min_shared:
                    out[w] += 1
                shared[v] = 0
        return out

    @njit(cache=True)
    def _fill(
        task: Any,
        worker: Any,
        label: Any,
        by_worker: Any,
        start: Any,
        min_shared: int,
        begin: int,
        end: int,
        first: Any,
        second: Any,
        table: Any,
    ) -> None:  # pragma: no cover
        """Write the pairs of workers begin … end − 1 with their tables."""
        workers = len(start) - 1
        shared = np.zeros(workers, dtype=np.int32)
        slot = np.full(workers, -1, dtype=np.int64)
        touched = np.empty(workers, dtype=np.int32)
        pair = 0
        for w in range(begin, end):
            if start[w + 1] - start[w] < min_shared:
                continue
            n_touched = 0
            for place in by_worker[start[w] : start[w + 1]]:
                other = place + 1
                while other < len(task) and task[other] == task[place]:
                    v = worker[other]
                    if v != w:
                        if shared[v] == 0:
                            touched[n_touched] = v
                            n_touched += 1
                        shared[v] += 1
                    other += 1
            found = False
            for v in touched[:n_touched]:
                if shared[v] >= min_shared:
                    first[pair] = w
                    second[pair] = v
                    slot[v] = pair
                    pair += 1
                    found = True
                shared[v] = 0
            if not found:
                continue
            for place in by_worker[start[w] : start[w + 1]]:
                other = place + 1
                while other < len(task) and task[other] == task[place]:
                    v = worker[other]
                    if v != w and slot[v] >= 0:
                        table[slot[v], label[place], label[other]] += 1
                    other += 1
            for v in touched[:n_touched]:
                slot[v] = -1
