"""How sure the stack would be of each gold task had it not seen its label."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.aggregation.calibration import Tempering
from quality.aggregation.ebcc import task_rank
from quality.aggregation.incidence import Incidence
from quality.aggregation.stack import Stack, refit_stack

Floats = NDArray[np.floating[Any]]


def held_out_gold(
    crowd: Incidence, stack: Stack, tasks: NDArray[np.intp], tempering: Tempering, folds: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Confidence (n,) and whether the consensus is right (n,) of gold ``tasks`` (n,), each by a fit without its gold.

    The tasks are dealt to the folds in the order of their ids, so that the result does not depend on that of the
    answers; both come back in this order.
    """
    ordered = tasks[np.argsort(task_rank(crowd.answers)[tasks], kind="stable")]
    confidence, right = np.empty(len(ordered)), np.empty(len(ordered), dtype=bool)
    for fold in range(folds):
        held = np.arange(len(ordered)) % folds == fold
        known = crowd.gold.copy()
        known[ordered[held]] = -1
        part = replace(crowd, gold=known)
        fresh = refit_stack(part, stack)
        judged = tempering.temper(fresh, part.vote_shares(), fresh.posterior.argmax(axis=1))[ordered[held]]
        confidence[held] = judged.max(axis=1)
        right[held] = judged.argmax(axis=1) == crowd.gold[ordered[held]]
    return confidence, right
