"""How far two boxes or polygons overlap: intersection over union."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Box = Sequence[float]
Polygon = Sequence[Sequence[float]]


def box_iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes (left, top, right, bottom); two equal boxes without area overlap fully.

    Raises ValueError for a box whose right or bottom comes before its left or top.
    """
    return float(box_ious([first], [second])[0, 0])


def box_ious(first: Sequence[Box], second: Sequence[Box]) -> Floats:
    """Intersection over union of every box of one list with every box of another: (A, B)."""
    a, b = _boxes(first), _boxes(second)
    left_top = np.maximum(a[:, None, :2], b[None, :, :2])
    right_bottom = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.prod(np.maximum(right_bottom - left_top, 0), axis=2)
    either = _area(a)[:, None] + _area(b)[None, :] - both
    same = (a[:, None, :] == b[None, :, :]).all(axis=2).astype(np.float64)
    return np.asarray(np.divide(both, either, out=same, where=either > 0))


def box_giou(first: Box, second: Box) -> float:
    """Generalised intersection over union: IoU less the empty share of the smallest box around both (−1 … 1).

    Source: Rezatofighi et al. (2019).
    """
    a, b = _boxes([first])[0], _boxes([second])[0]
    hull = np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
    around = float(_area(hull[None])[0])
    overlap = box_iou(first, second)
    if around == 0:
        return overlap
    either = float(_area(a[None])[0] + _area(b[None])[0]) / (1 + overlap)
    return overlap - (around - either) / around


def polygon_iou(first: Polygon, second: Polygon) -> float:
    """Intersection over union of two polygons, convex or not; where edges cross, the even-odd rule says what is inside.

    Exact: between the heights of all corners or crossings every edge is a straight side of a trapezium. Two polygons
    without area have IoU 0. Raises ValueError for fewer than three corners.
    """
    a, b = _corners(first), _corners(second)
    area_a, area_b, both = _areas(a, b)
    either = area_a + area_b - both
    return float(both / either) if either > 0 else 0.0


def polygon_ious(first: Sequence[Polygon], second: Sequence[Polygon]) -> Floats:
    """Intersection over union of every polygon of one list with every one of another: (A, B)."""
    return np.array([[polygon_iou(a, b) for b in second] for a in first]).reshape(len(first), len(second))


def _boxes(boxes: Sequence[Box]) -> Floats:
    array = np.asarray(boxes, dtype=np.float64).reshape(len(boxes), 4)
    bad = np.flatnonzero((array[:, 2:] < array[:, :2]).any(axis=1) | ~np.isfinite(array).all(axis=1))
    if bad.size:
        raise ValueError(f"box {array[bad[0]].tolist()} is not (left, top, right, bottom) in that order")
    return array


def _area(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _corners(polygon: Polygon) -> Floats:
    corners = np.asarray(polygon, dtype=np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(f"a polygon needs three (x, y) corners or more; got shape {corners.shape}")
    return corners


def _edges(corners: Floats) -> Floats:
    """Sides that are not level, lower end first: (E, 4) as x0, y0, x1, y1."""
    edges = np.hstack([corners, np.roll(corners, -1, axis=0)])
    edges = edges[edges[:, 1] != edges[:, 3]]
    return np.asarray(np.where((edges[:, 1] > edges[:, 3])[:, None], edges[:, [2, 3, 0, 1]], edges))


def _areas(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Areas of either polygon, of what both cover, by slabs between the heights where anything changes."""
    a, b = _edges(first), _edges(second)
    edges = np.vstack([a, b])
    heights = np.unique(np.concatenate([edges[:, 1], edges[:, 3], _crossings(edges)]))
    total = np.zeros(3)
    for low, high in pairwise(heights):
        middle = (low + high) / 2
        own, other = _intervals(a, middle), _intervals(b, middle)
        both = np.maximum(
            np.minimum(own[:, None, 1], other[None, :, 1]) - np.maximum(own[:, None, 0], other[None, :, 0]), 0
        )
        total += (high - low) * np.array([np.ptp(own, axis=1).sum(), np.ptp(other, axis=1).sum(), both.sum()])
    return float(total[0]), float(total[1]), float(total[2])


def _intervals(edges: Floats, height: float) -> Floats:
    """Inside stretches of the level line at a height that meets no corner: (S, 2)."""
    met = edges[(edges[:, 1] < height) & (edges[:, 3] > height)]
    at = met[:, 0] + (height - met[:, 1]) / (met[:, 3] - met[:, 1]) * (met[:, 2] - met[:, 0])
    return np.sort(at).reshape(-1, 2)


def _crossings(edges: Floats) -> Floats:
    """Heights where two sides cross."""
    x0, y0, x1, y1 = edges.T
    dx, dy = x1 - x0, y1 - y0
    turn = dx[:, None] * dy[None, :] - dy[:, None] * dx[None, :]
    gap_x, gap_y = x0[None, :] - x0[:, None], y0[None, :] - y0[:, None]
    along = gap_x * dy[None, :] - gap_y * dx[None, :]
    share = np.divide(along, turn, out=np.full_like(turn, -1.0), where=turn != 0)
    height = y0[:, None] + share * dy[:, None]
    inside = (share > 0) & (share < 1) & (height > y0[None, :]) & (height < y1[None, :])
    return np.asarray(height[inside])
