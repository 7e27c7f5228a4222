"""Calibration: posteriors whose confidence means their accuracy, without gold, better with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality.aggregation.stack import Stack
from quality.numerics import TIE, normalise_logs

Floats = NDArray[np.floating[Any]]

CLIP = 1e-4
"""Confidences are kept this far from 0 and 1 before their log odds are taken."""


@dataclass(frozen=True, kw_only=True)
class Tempering:
    """How the evidence of each member is discounted when there is no gold.

    log temperature = intercept + check_slope · log of the temperature at which held-out answers are predicted best
    + label_slope · log(K / 2), and + accuracy_extra for the models with one accuracy per worker. With more than two
    labels ``vote_share`` of the result are the plain shares of votes: labels that a whole crowd confuses alike are
    invisible to held-out answers. weights: share of each family, as far as it was fitted.
    """

    intercept: float = 0.55
    check_slope: float = 0.7
    label_slope: float = 0.15
    accuracy_extra: float = 0.3
    vote_share: float = 0.2
    weights: tuple[tuple[str, float], ...] = (
        ("matrices", 1.0),
        ("accuracy", 0.25),
        ("accuracy and prevalence", 0.25),
        ("subtypes", 2.0),
    )

    def log_temperature(self, stack: Stack, n_labels: int) -> float:
        """The common part of the members' log temperatures."""
        checked = float(np.log(stack.check.temperature))
        return self.intercept + self.check_slope * checked + self.label_slope * float(np.log(max(n_labels, 2) / 2.0))

    def temper(self, stack: Stack, votes: Floats, best: NDArray[np.intp]) -> Floats:
        """Discounted posterior (T, K) whose most likely label is ``best`` (T,), before gold is clamped.

        votes: (T, K) shares. Where discounting would change the consensus the two probabilities change places.
        """
        n_labels = votes.shape[1]
        base = self.log_temperature(stack, n_labels)
        mean, total = np.zeros_like(votes), 0.0
        for family, weight in self.weights:
            group = [member for member in stack.members if member.family == family]
            for member in group:
                temperature = np.exp(base + (self.accuracy_extra if family.startswith("accuracy") else 0.0))
                shares, _ = normalise_logs(member.logits / temperature)
                mean += weight / len(group) * shares
                total += weight / len(group)
        share = self.vote_share if n_labels > 2 else 0.0
        return put_first((1.0 - share) * mean / total + share * votes, best)


def put_first(posterior: Floats, best: NDArray[np.intp]) -> Floats:
    """Exchange each row's largest probability with that of ``best`` (T,), so that this is the most likely label."""
    fixed = posterior.copy()
    rows = np.flatnonzero(posterior.argmax(axis=1) != best)
    top = posterior.argmax(axis=1)[rows]
    fixed[rows, top], fixed[rows, best[rows]] = posterior[rows, best[rows]], posterior[rows, top]
    return fixed


@dataclass(frozen=True, kw_only=True)
class GoldMap:
    """log odds of being right = shift + slope · log odds of the confidence."""

    shift: float = 0.0
    slope: float = 1.0

    def apply(self, posterior: Floats) -> Floats:
        """Correct the confidence of every row (T, K); the most likely label stays the most likely."""
        if posterior.shape[1] < 2 or not len(posterior):
            return posterior
        rows = np.arange(len(posterior))
        best = posterior.argmax(axis=1)
        confidence = posterior[rows, best]
        odds = _log_odds(confidence)
        raised = 1.0 / (1.0 + np.exp(-(self.shift + self.slope * odds)))
        others = posterior.copy()
        others[rows, best] = 0.0
        left = others.sum(axis=1)
        share = np.divide(others, left[:, None], out=np.zeros_like(others), where=left[:, None] > 0)
        second = share.max(axis=1)
        # below this the second label would overtake
        raised = np.maximum(raised, second / (1.0 + second) + TIE)
        raised = np.where(left > 0, raised, 1.0)
        corrected: Floats = share * (1.0 - raised)[:, None]
        corrected[rows, best] = raised
        return corrected


def fit_gold_map(
    confidence: ArrayLike, right: ArrayLike, *, shift_scale: float = 0.5, slope_scale: float = 0.3
) -> GoldMap:
    """Penalised logistic regression of "the consensus is right" on the log odds of the confidence, on gold tasks.

    confidence: (n,) as if the task were not gold. right: (n,) bool. The penalties are normal priors around shift 0
    and slope 1, so that little gold changes little: with none the confidence stays what it was.
    """
    odds = _log_odds(np.asarray(confidence, dtype=float))
    hits = np.asarray(right, dtype=float)
    design = np.stack([np.ones_like(odds), odds], axis=1)
    precision = np.diag([shift_scale**-2.0, slope_scale**-2.0])
    centre = np.array([0.0, 1.0])
    values = centre.copy()
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-(design @ values)))
        gradient = design.T @ (hits - chance) - precision @ (values - centre)
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design + precision
        step = np.linalg.solve(curvature, gradient)
        # the penalised log-likelihood is concave; a step of at most 1 keeps Newton from overshooting on few tasks
        step = step / max(1.0, float(np.abs(step).max()))
        values = values + step
        if float(np.abs(step).max()) < 1e-9:
            break
    # a negative slope would turn confidence upside down on the strength of a few gold tasks
    return GoldMap(shift=float(values[0]), slope=max(float(values[1]), 0.05))


def _log_odds(confidence: Floats) -> Floats:
    clipped = np.clip(confidence, CLIP, 1.0 - CLIP)
    odds: Floats = np.log(clipped / (1.0 - clipped))
    return odds


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins of equal width: count (B,), mean confidence (B,), accuracy (B,); nan in empty bins."""

    count: NDArray[np.intp]
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: |accuracy − confidence| averaged over bins by their count; nan without tasks."""
        if not self.count.sum():
            return float("nan")
        gaps = np.where(self.count > 0, np.abs(self.accuracy - self.confidence), 0.0)
        return float((gaps * self.count).sum() / self.count.sum())


def reliability(confidence: ArrayLike, right: ArrayLike, *, bins: int = 10) -> Reliability:
    """Confidence of the consensus label against how often it is right: (n,), (n,) -> ``bins`` equal-width bins."""
    values, hits = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    place = np.minimum((values * bins).astype(np.intp), bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, weights=values, minlength=bins) / np.where(count, count, np.nan)
        share = np.bincount(place, weights=hits, minlength=bins) / np.where(count, count, np.nan)
    return Reliability(count=count, confidence=mean, accuracy=share)
