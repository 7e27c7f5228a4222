"""Lays out the chart of trust intervals: a line per worker, weakest first, with the bar of the trust rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crowd.queries.workers import TrustLine
from web.figures import coordinate, percent
from web.interval_chart import Scale, Whisker, whisker

NAME_WIDTH = 160
WIDTH = 780
ROW_HEIGHT = 22
TOP = 26
LONGEST_NAME = 20


@dataclass(frozen=True)
class ChartRow:
    """One worker's interval."""

    name: str
    level: str
    whisker: Whisker
    y: str
    y_text: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A gridline."""

    x: str
    text: str


@dataclass(frozen=True)
class TrustChart:
    """Everything that the drawing needs, in the drawing's units."""

    width: int
    height: int
    bottom: str
    x_bar: str
    bar: str
    ticks: list[Tick]
    rows: list[ChartRow]


def trust_chart(lines: Sequence[TrustLine], *, bar: float) -> TrustChart | None:
    """The chart of the workers that have answered gold, in the given order; None when nobody has."""
    scale = Scale(left=NAME_WIDTH, right=WIDTH - 24)
    rows: list[ChartRow] = []
    for line in lines:
        skill = line.skill
        if skill is None or skill.mean is None or skill.low is None or skill.high is None:
            continue
        y = TOP + ROW_HEIGHT * (len(rows) + 0.5)
        name = line.enrolment.worker.name
        rows.append(
            ChartRow(
                name=name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
                level=line.enrolment.trust_level,
                whisker=whisker(scale, skill.low, skill.mean, skill.high),
                y=coordinate(y),
                y_text=coordinate(y + 4),
                title=f"{name}: {percent(skill.mean)} ({percent(skill.low)} to {percent(skill.high)})",
            )
        )
    if not rows:
        return None
    bottom = TOP + ROW_HEIGHT * len(rows)
    return TrustChart(
        width=WIDTH,
        height=bottom + 8,
        bottom=coordinate(bottom),
        x_bar=coordinate(scale.at(bar)),
        bar=percent(bar),
        ticks=[Tick(coordinate(scale.at(share)), percent(share)) for share in (0, 0.25, 0.5, 0.75, 1)],
        rows=rows,
    )
