"""History: what is known of workers before the fit, as pseudo-counts in the order of the answers' workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.answers import AnswerSet

History = ArrayLike | Mapping[Any, ArrayLike]


def history_counts(answers: AnswerSet, priors: History | None) -> NDArray[np.float64] | None:
    """Pseudo-counts of each worker's earlier answers: (n_workers, K, K) ``[worker, true, given]``, or None.

    ``priors`` is such an array, or a mapping from worker to a (K, K) array in which workers without history are
    left out; a mapping may name workers without answers here, which are passed over. Raises ValueError naming the
    worker on a wrong shape, a negative number or nan.
    """
    if priors is None:
        return None
    shape = (answers.n_labels, answers.n_labels)
    counts = np.zeros((answers.n_workers, *shape))
    if isinstance(priors, Mapping):
        place = {worker: i for i, worker in enumerate(answers.workers)}
        for worker, table in priors.items():
            array = np.asarray(table, dtype=float)
            if array.shape != shape:
                raise ValueError(f"the prior of worker {worker!r} has shape {array.shape}, expected {shape}")
            _refuse_bad(array[None], (worker,))
            if worker in place:
                counts[place[worker]] = array
        return counts
    array = np.asarray(priors, dtype=float)
    if array.shape != counts.shape:
        raise ValueError(f"priors have shape {array.shape}, expected {counts.shape} [worker, true, given]")
    _refuse_bad(array, answers.workers)
    return array


def _refuse_bad(array: NDArray[Any], workers: Any) -> None:
    bad = np.flatnonzero(~((array >= 0) & np.isfinite(array)).all(axis=(1, 2)))
    if bad.size:
        raise ValueError(f"the prior of worker {workers[bad[0]]!r} has a negative or undefined pseudo-count")
