"""Places intervals of shares on the horizontal axis of an SVG drawing."""

from __future__ import annotations

from dataclasses import dataclass

from web.figures import coordinate


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A share of 0 stands at ``left``, one of 1 at ``right``, in the drawing's units."""

    left: float
    right: float

    def at(self, share: float) -> float:
        """Where a share in [0, 1] stands."""
        return self.left + share * (self.right - self.left)


@dataclass(frozen=True)
class Whisker:
    """An interval with its middle, as SVG coordinates."""

    x_low: str
    x_mean: str
    x_high: str
    width: str


def whisker(scale: Scale, low: float, mean: float, high: float) -> Whisker:
    """The interval on the scale."""
    start, end = scale.at(low), scale.at(high)
    return Whisker(coordinate(start), coordinate(scale.at(mean)), coordinate(end), coordinate(end - start))
