"""Fair pay: what an hour of work is likely to earn, and whether that is under a floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Literal

from scipy.stats import norm

HOUR_SECONDS = 3600
# Silent reading, 238 words of six characters a minute (Brysbaert 2019, J. Memory and Language 109).
CHARACTERS_PER_SECOND = 24.0
DECISION_SECONDS = 3.0
# How far off, in log seconds, a manager's estimate and one from the length of the texts may be (one deviation).
SPREAD_STATED = 0.35
SPREAD_FROM_LENGTH = 0.6
# Skipped, expired and rejected work on top of the paid, before any is observed.
UNPAID_SHARE = 0.1
Z_95 = 1.959963984540054

Basis = Literal["observed", "stated", "length", "nothing"]


@dataclass(frozen=True, kw_only=True)
class LevelForecast:
    """What an hour will pay people of one level of trust, whose tasks cost ``price_micros`` on average."""

    level: str
    price_micros: float
    micros: int | None
    low: int | None
    high: int | None
    under_probability: float | None


@dataclass(frozen=True, kw_only=True)
class PayForecast:
    """Pay per active hour to expect, in micro-units, with its 95 % range, and the chance that it is under the floor.

    None where nothing is known of the time that a task takes, or no floor is set. ``by_level``: one for each level of
    trust, where the price goes by it.
    """

    basis: Basis
    seconds: float | None
    micros: int | None
    low: int | None
    high: int | None
    floor_micros: int | None
    under_probability: float | None
    price_micros: float | None = None
    rule_version: int | None = None
    by_level: tuple[LevelForecast, ...] = ()

    @property
    def is_under(self) -> bool:
        """More likely under the floor than not, for all together or for people of some level."""
        chances = [self.under_probability, *(level.under_probability for level in self.by_level)]
        return any(chance is not None and chance > 0.5 for chance in chances)

    @property
    def worst_level(self) -> LevelForecast | None:
        """The level of trust that is likeliest under the floor; None where the price does not go by it."""
        return max(self.by_level, key=lambda level: level.under_probability or 0.0, default=None)


def forecast_pay(
    *,
    price_micros: float,
    floor_micros: int | None,
    observed: tuple[float, float, float] | None = None,
    stated_seconds: float | None = None,
    typical_length: float | None = None,
) -> PayForecast:
    """What an hour will pay, by the best that is known.

    ``price_micros``: what a task costs on average. ``observed``: median pay per hour with its interval, from work that
    was done; else the seconds that the manager states, else the mean length of a task in characters.
    """
    if observed is not None:
        middle, low, high = observed
        spread = max(1e-6, log(high / low) / (2 * Z_95)) if low > 0 else SPREAD_STATED
        return _forecast("observed", None, middle, low, high, floor_micros, spread, price_micros)
    if stated_seconds is not None:
        basis, seconds, spread = "stated", stated_seconds, SPREAD_STATED
    elif typical_length is not None:
        basis, seconds, spread = "length", DECISION_SECONDS + typical_length / CHARACTERS_PER_SECOND, SPREAD_FROM_LENGTH
    else:
        return PayForecast(
            basis="nothing", seconds=None, micros=None, low=None, high=None, floor_micros=floor_micros,
            under_probability=None, price_micros=price_micros,
        )  # fmt: skip
    hourly = price_micros / (seconds * (1 + UNPAID_SHARE)) * HOUR_SECONDS
    low, high = hourly * exp(-Z_95 * spread), hourly * exp(Z_95 * spread)
    return _forecast(basis, seconds, hourly, low, high, floor_micros, spread, price_micros)  # type: ignore[arg-type]


def floor_of(*, own: int | None, of_server: Mapping[str, int], currency: str) -> int | None:
    """The project's floor, else the server's for that currency; None where neither is set."""
    return own if own is not None else of_server.get(currency)


def _forecast(
    basis: Basis,
    seconds: float | None,
    middle: float,
    low: float,
    high: float,
    floor: int | None,
    spread: float,
    price_micros: float,
) -> PayForecast:
    under = None
    if floor is not None:
        under = float(floor > 0) if middle <= 0 else float(norm.cdf((log(max(floor, 1e-9)) - log(middle)) / spread))
    return PayForecast(
        basis=basis,
        seconds=seconds,
        micros=round(middle),
        low=round(low),
        high=round(high),
        floor_micros=floor,
        under_probability=under,
        price_micros=price_micros,
    )
