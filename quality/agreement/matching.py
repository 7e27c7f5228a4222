"""Objects of two workers matched one to one: F1, mean overlap of spans, boxes, polygons."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from quality.agreement.shapes import Box, Polygon, box_ious, polygon_ious

Floats = NDArray[np.float64]
Span = tuple[float, float, Hashable]
Shape = TypeVar("Shape")


@dataclass(frozen=True, kw_only=True)
class Match:
    """Objects of two workers matched so that as many as possible agree, with the most overlap among those.

    pairs: (index in the first list, index in the second, overlap). f1: 2 · pairs / objects, None where neither
    worker marked anything (``reason`` "no_objects"). mean_overlap: of the matched pairs, None without any.
    """

    pairs: tuple[tuple[int, int, float], ...]
    objects: int
    f1: float | None
    mean_overlap: float | None
    reason: str | None = None


def match(overlap: Floats, threshold: float) -> Match:
    """Match by a (A, B) table of overlaps, pairs below ``threshold`` ruled out.

    The assignment maximises first the number of pairs, then the sum of their overlaps (Kuhn 1955). Raises ValueError
    for a threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold}; it lies in (0, 1]")
    a, b = overlap.shape
    if a + b == 0:
        return Match(pairs=(), objects=0, f1=None, mean_overlap=None, reason="no_objects")
    allowed = overlap >= threshold - 1e-12
    # One allowed pair outweighs any sum of overlaps, so that no pair is given up for a larger overlap elsewhere.
    worth = np.where(allowed, overlap + min(a, b) + 1, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = tuple((int(i), int(j), float(overlap[i, j])) for i, j in zip(rows, columns, strict=True) if allowed[i, j])
    mean = float(np.mean([pair[2] for pair in pairs])) if pairs else None
    return Match(pairs=pairs, objects=a + b, f1=2 * len(pairs) / (a + b), mean_overlap=mean)


def match_boxes(first: Sequence[Box], second: Sequence[Box], *, threshold: float = 0.5) -> Match:
    """Match boxes (left, top, right, bottom) by intersection over union."""
    return match(_table(first, second, box_ious), threshold)


def match_polygons(first: Sequence[Polygon], second: Sequence[Polygon], *, threshold: float = 0.5) -> Match:
    """Match polygons, lists of (x, y) corners, by intersection over union."""
    return match(_table(first, second, polygon_ious), threshold)


def match_spans(
    first: Sequence[Span], second: Sequence[Span], *, how: Literal["exact", "overlap"] = "exact", threshold: float = 0.5
) -> Match:
    """Match spans (start, end exclusive, label): same label plus same ends, or IoU of at least ``threshold``."""
    return match(_table(first, second, span_ious), 1.0 if how == "exact" else threshold)


def span_ious(first: Sequence[Span], second: Sequence[Span]) -> Floats:
    """Intersection over union of spans of the same label, 0 across labels: (A, B).

    Raises ValueError for a span that ends before it starts.
    """
    a, b = _ends(first), _ends(second)
    both = np.maximum(np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0]), 0)
    either = np.ptp(a, axis=1)[:, None] + np.ptp(b, axis=1)[None, :] - both
    same_place = (a[:, None, :] == b[None, :, :]).all(axis=2).astype(np.float64)
    overlap = np.divide(both, either, out=same_place, where=either > 0)
    same_label = np.array([[x[2] == y[2] for y in second] for x in first]).reshape(len(first), len(second))
    return np.asarray(overlap * same_label)


def token_f1(first: Sequence[Span], second: Sequence[Span]) -> Match:
    """F1 over (token, label) pairs covered by either worker's spans; span ends are whole token indexes."""
    a, b = _tokens(first), _tokens(second)
    if not a and not b:
        return Match(pairs=(), objects=0, f1=None, mean_overlap=None, reason="no_objects")
    return Match(pairs=(), objects=len(a) + len(b), f1=2 * len(a & b) / (len(a) + len(b)), mean_overlap=None)


def f1_distance(pairing: Callable[[Sequence[Shape], Sequence[Shape]], Match]) -> Callable[[object, object], float]:
    """A distance between two workers' lists of objects for alpha: 1 − F1; two empty lists agree."""

    def distance(first: object, second: object) -> float:
        found = pairing(first, second).f1  # type: ignore[arg-type]
        return 0.0 if found is None else 1.0 - found

    return distance


def _table(
    first: Sequence[Shape],
    second: Sequence[Shape],
    overlaps: Callable[[Sequence[Shape], Sequence[Shape]], Floats],
) -> Floats:
    return overlaps(first, second) if len(first) and len(second) else np.zeros((len(first), len(second)))


def _ends(spans: Sequence[Span]) -> Floats:
    ends = np.array([[float(span[0]), float(span[1])] for span in spans]).reshape(-1, 2)
    bad = np.flatnonzero(~(ends[:, 0] <= ends[:, 1]))
    if bad.size:
        raise ValueError(f"span {spans[int(bad[0])]!r} ends before it starts")
    return ends


def _tokens(spans: Sequence[Span]) -> set[tuple[int, Hashable]]:
    return {(token, label) for start, end, label in spans for token in range(int(start), int(end))}
