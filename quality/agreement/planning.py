"""How many more tasks an interval of a given width needs."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite

from scipy import special

from quality.agreement.result import AgreementResult, Reason


@dataclass(frozen=True, kw_only=True)
class Plan:
    """tasks: in all, with as many answers each as now; more: beyond those there are; None with a ``reason``."""

    tasks: int | None = None
    more: int | None = None
    reason: str | None = None


def tasks_for_half_width(result: AgreementResult, half_width: float, *, confidence: float = 0.95) -> Plan:
    """Tasks until the interval over tasks is value ± ``half_width``, if further tasks are like those so far.

    The standard error shrinks with √tasks. Raises ValueError for a half-width that is not positive.
    """
    if not (isfinite(half_width) and half_width > 0):
        raise ValueError(f"half_width is {half_width}; it must be above 0")
    if result.value is None or result.se is None or result.se <= 0:
        return Plan(reason=result.reason or Reason.NO_VARIATION)
    z = float(special.ndtri((1 + confidence) / 2))
    tasks = ceil(result.tasks * (z * result.se / half_width) ** 2)
    return Plan(tasks=tasks, more=max(0, tasks - result.tasks))


def tasks_to_trust_alpha(smallest_alpha: float, smallest_share: float, *, confidence: float = 0.95) -> int:
    """Tasks with two answers each after which alpha at or above ``smallest_alpha`` is not a chance result.

    ``smallest_share`` is the rarest label's share of answers. One-sided. Raises ValueError for an alpha outside
    [0, 1) or a share outside (0, 1). Source: Bloch & Kraemer (1989) as given by Krippendorff (2011).
    """
    if not 0 <= smallest_alpha < 1:
        raise ValueError(f"smallest_alpha is {smallest_alpha}; it lies in [0, 1)")
    if not 0 < smallest_share < 1:
        raise ValueError(f"smallest_share is {smallest_share}; it lies between 0 and 1")
    z = float(special.ndtri(confidence))
    spread = 4 * (1 - smallest_alpha) * smallest_share * (1 - smallest_share)
    return ceil(z**2 * ((1 + smallest_alpha) * (3 - smallest_alpha) / spread - smallest_alpha))
