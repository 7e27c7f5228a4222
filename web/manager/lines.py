"""The lines of the manager's tables: a row of a query with its figures in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crowd.models import Consensus, Event, Project, TrustChange
from crowd.queries.workers import Owed, TrustLine
from web.figures import coordinate, count, number, percent, percent_range
from web.money import Money
from web.worker.payload import shown

EXCERPT = 140
SHARE_BAR_WIDTH = 120
# The style sheet has this many colours for labels; further labels start again from the first.
LABEL_COLOURS = 6


@dataclass(frozen=True)
class TrustLineShown:
    """A worker with trust and evidence."""

    line: TrustLine

    @property
    def accuracy(self) -> str:
        """Share of gold answered right, as estimated."""
        return percent(None if self.line.skill is None else self.line.skill.mean)

    @property
    def interval(self) -> str:
        """Its 95 % interval."""
        skill = self.line.skill
        return percent_range(None, None) if skill is None else percent_range(skill.low, skill.high)

    @property
    def ability(self) -> str:
        """Accuracy against the consensus, from the newest full fit."""
        return percent(None if self.line.skill is None else self.line.skill.ability)

    @property
    def newest_change(self) -> TrustChange | None:
        """The decision that holds."""
        return self.line.changes[-1] if self.line.changes else None


def weakest_first(lines: Sequence[TrustLine]) -> list[TrustLine]:
    """By the lower end of the gold interval; workers without any gold answer come last."""
    return sorted(lines, key=lambda line: 1.0 if line.skill is None or line.skill.low is None else line.skill.low)


@dataclass(frozen=True)
class Share:
    """One label's part of a posterior, with its place in a bar of `SHARE_BAR_WIDTH`."""

    title: str
    share: str
    x: str
    width: str
    colour: int


@dataclass(frozen=True)
class LegendEntry:
    """A label with its colour."""

    title: str
    colour: int


def legend(project: Project) -> list[LegendEntry]:
    """The labels in their order."""
    return [LegendEntry(title, i % LABEL_COLOURS) for i, title in enumerate(_titles(project))]


@dataclass(frozen=True)
class ConsensusLine:
    """A task's consensus."""

    row: Consensus
    project: Project

    @property
    def label(self) -> str:
        """The consensus in words: the label, or labels, number, order."""
        if self.row.label_index is not None:
            return _titles(self.project)[self.row.label_index]
        value = self.row.value
        return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)

    @property
    def confidence(self) -> str:
        """Its posterior, two decimals so that 0.995 does not read as certain."""
        return percent(self.row.confidence, 1)

    @property
    def excerpt(self) -> str:
        """The beginning of the task's text."""
        text = shown(self.row.task.payload).text
        return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"

    @property
    def shares(self) -> list[Share]:
        """The posterior as a bar, in the order of the label set; empty where it is not one label out of several."""
        if self.row.label_index is None:
            return []
        return posterior_bar(self.project, self.row.posterior)


def posterior_bar(project: Project, posterior: Sequence[float]) -> list[Share]:
    """Shares of the labels as a bar, in the order of the label set."""
    start, parts = 0.0, []
    for i, (title, share) in enumerate(zip(_titles(project), posterior, strict=True)):
        width = share * SHARE_BAR_WIDTH
        parts.append(Share(title, percent(share, 1), coordinate(start), coordinate(width), i % LABEL_COLOURS))
        start += width
    return parts


@dataclass(frozen=True)
class PayoutLine:
    """What a worker is owed."""

    owed: Owed
    currency: str

    @property
    def amount(self) -> Money:
        """The sum."""
        return Money(self.owed.micros, self.currency)

    @property
    def answers(self) -> str:
        """Paid answers."""
        return count(self.owed.answers)


@dataclass(frozen=True)
class EventLine:
    """An event in one line."""

    event: Event

    @property
    def who(self) -> str:
        """Whoever acted, or whom it is about; empty for the server itself."""
        return str(self.event.actor or self.event.worker or "")

    @property
    def what(self) -> str:
        """The detail in words: a reason where there is one, else its entries."""
        detail = self.event.detail
        if "reason" in detail:
            return str(detail["reason"])
        return ", ".join(f"{name}: {_plain(value)}" for name, value in detail.items())


def _titles(project: Project) -> list[str]:
    return [label.get("title") or label["value"] for label in project.labels]


def _plain(value: object) -> str:
    return number(value, 3) if isinstance(value, float) else str(value)
