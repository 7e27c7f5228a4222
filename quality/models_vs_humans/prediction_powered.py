"""PPI++: the prevalence of a label from many model votes corrected by a sample of people's labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class PrevalenceEstimate:
    """A prevalence with its interval; the model's weight ``power`` (0 ignores it), its own uncorrected estimate.

    effective_sample: how many people's labels alone would give the same standard error; nan when that is 0.
    """

    value: float
    low: float
    high: float
    standard_error: float
    power: float
    model_alone: float
    effective_sample: float
    n_people: int
    n_model: int


def estimate_prevalence(
    people: ArrayLike,
    model_there: ArrayLike,
    model_elsewhere: ArrayLike,
    *,
    inclusion: ArrayLike | None = None,
    level: float = 0.95,
) -> PrevalenceEstimate:
    """Estimate the mean of what people would say of all tasks.

    people: (n,), 1 where people gave the label to a sampled task; model_there: (n,), the model's vote there, 0 or 1
    or a probability; model_elsewhere: (N,), its votes on the other tasks. The sampled tasks must be a random sample:
    with equal chances, or with the known probabilities ``inclusion`` (n,), which weigh each task by its inverse. The
    model's votes elsewhere then stand for all tasks only if N is large beside n.

    value = λ · mean_N(f) + mean_n(Y − λ f), λ = Cov_n(Y, f) / ((1 + n/N) Var f) held in [0, 1]; the squared standard
    error is Var(λ f)/N + Var(Y − λ f)/n. Raises ValueError on unequal lengths, fewer than two sampled tasks, no
    other tasks, or a value outside [0, 1]. Angelopoulos, Duchi & Zrnic (2023).
    """
    Y, f, F = (np.asarray(values, dtype=float) for values in (people, model_there, model_elsewhere))
    n, N = len(Y), len(F)
    if Y.shape != f.shape or Y.ndim != 1 or F.ndim != 1:
        raise ValueError(
            f"people have shape {Y.shape}, the model there {f.shape}; they must be equal, in one dimension"
        )
    if n < 2 or N < 1:
        raise ValueError(f"there are {n} sampled tasks, {N} others; at least 2 with 1 are needed")
    for name, values in (("people", Y), ("model_there", f), ("model_elsewhere", F)):
        bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
        if bad.size:
            raise ValueError(f"{name}[{bad[0]}] is {values[bad[0]]}; it must lie between 0 and 1")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it is a probability between 0 and 1")
    w = _weights(inclusion, n)
    covariance = float((w * (Y - (w * Y).mean()) * (f - (w * f).mean())).mean())
    variance = float(np.concatenate((f, F)).var(ddof=1))
    power = min(1.0, max(0.0, covariance / ((1 + n / N) * variance))) if variance > 0 else 0.0
    left = Y - power * f
    correction = float((w * left).mean())
    value = power * float(F.mean()) + correction
    squared = power**2 * float(F.var()) / N + float((w**2 * (left - correction) ** 2).mean()) / n
    people_only = float((w**2 * (Y - (w * Y).mean()) ** 2).mean())
    error = float(np.sqrt(squared))
    far = float(ndtri((1 + level) / 2)) * error
    return PrevalenceEstimate(
        value=value,
        low=value - far,
        high=value + far,
        standard_error=error,
        power=power,
        model_alone=float(np.concatenate((f, F)).mean()),
        effective_sample=people_only / squared if squared > 0 else float("nan"),
        n_people=n,
        n_model=N,
    )


def _weights(inclusion: ArrayLike | None, n: int) -> Floats:
    """Inverse inclusion probabilities scaled to mean 1 (Hájek): (n,)."""
    if inclusion is None:
        return np.ones(n)
    chance = np.asarray(inclusion, dtype=float)
    if chance.shape != (n,):
        raise ValueError(f"inclusion has shape {chance.shape}, expected ({n},)")
    bad = np.flatnonzero(~((chance > 0) & (chance <= 1)))
    if bad.size:
        raise ValueError(f"inclusion[{bad[0]}] is {chance[bad[0]]}; it must lie in (0, 1]")
    weights: Floats = (1 / chance) / (1 / chance).mean()
    return weights
