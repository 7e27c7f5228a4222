"""Which confusion matrix stands for a worker when the posterior of a task is updated between full fits."""

from __future__ import annotations

from collections.abc import Sequence

# Accuracy assumed of somebody of whom nothing is known.
UNKNOWN_ACCURACY = 0.7
# A fitted cell is never taken for impossible.
SMALLEST_CELL = 1e-6

Matrix = list[list[float]]


def confusion_for_preview(
    *, n_labels: int, fitted: Sequence[Sequence[float]] | None, gold_accuracy: float | None
) -> Matrix:
    """The (K, K) matrix ``[true][given]``: fitted where there is one, else symmetric from the gold accuracy."""
    if fitted is not None and len(fitted) == n_labels:
        return [[max(SMALLEST_CELL, cell) for cell in row] for row in fitted]
    accuracy = UNKNOWN_ACCURACY if gold_accuracy is None else gold_accuracy
    # Under chance the symmetric matrix would turn a bad worker's answers round; without a fit that is a guess.
    accuracy = min(max(accuracy, 1 / n_labels), 0.99)
    off = (1 - accuracy) / max(1, n_labels - 1)
    return [[accuracy if given == true else off for given in range(n_labels)] for true in range(n_labels)]
