"""The lines of the account pages: a row of a query with its figures in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from crowd.enums import Role, TrustLevel
from crowd.models import Project, Requirements
from crowd.queries.earnings import Earning
from crowd.queries.offers import ManagedProject, Offer
from crowd.queries.standings import Standing
from web.figures import percent
from web.interval_chart import Scale, Whisker, whisker
from web.money import Money

BAND = Scale(left=8, right=232)


@dataclass(frozen=True)
class OfferLine:
    """A project to work on."""

    offer: Offer

    @property
    def price(self) -> Money:
        """Per answer."""
        return _price(self.offer.project)

    @property
    def expected_minutes(self) -> str:
        """How long a task takes, as its manager thinks; "" where nobody said."""
        return _minutes(self.offer.expected_seconds)

    @property
    def needs(self) -> list[str]:
        """What qualifies, in words."""
        return _needs(self.offer.requirements)


@dataclass(frozen=True)
class OpenLine:
    """A project to join."""

    project: Project

    @property
    def price(self) -> Money:
        """Per answer."""
        return _price(self.project)

    @property
    def expected_minutes(self) -> str:
        """How long a task takes, as its manager thinks; "" where nobody said."""
        return _minutes(getattr(getattr(self.project, "fairness_terms", None), "expected_seconds", None))

    @property
    def needs(self) -> list[str]:
        """What qualifies, in words."""
        return _needs(self.project.requirements)


@dataclass(frozen=True)
class HelpedLine:
    """A project on which the person judges or pays without managing it."""

    project: Project
    roles: set[Role]

    @property
    def judges(self) -> bool:
        """Whether disputes wait for them."""
        return Role.ADJUDICATOR in self.roles

    @property
    def pays(self) -> bool:
        """Whether payouts are theirs."""
        return Role.FINANCE in self.roles


@dataclass(frozen=True)
class ManagedLine:
    """A project to manage."""

    managed: ManagedProject

    @property
    def share(self) -> str:
        """How much is finished."""
        return percent(self.managed.finished / self.managed.tasks if self.managed.tasks else None)


@dataclass(frozen=True)
class EarningLine:
    """What one project owes."""

    earning: Earning

    @property
    def confirmed(self) -> Money:
        """Booked."""
        return Money(self.earning.confirmed_micros, self.earning.project.currency)

    @property
    def pending(self) -> Money:
        """Reserved."""
        return Money(self.earning.pending_micros, self.earning.project.currency)


@dataclass(frozen=True)
class StandingLine:
    """How the worker stands on one project."""

    standing: Standing

    @property
    def mean(self) -> str:
        """Estimated accuracy."""
        return percent(None if self.standing.skill is None else self.standing.skill.mean)

    @property
    def low(self) -> str:
        """Lower end of its interval."""
        return percent(None if self.standing.skill is None else self.standing.skill.low)

    @property
    def high(self) -> str:
        """Upper end of its interval."""
        return percent(None if self.standing.skill is None else self.standing.skill.high)

    @property
    def band(self) -> Whisker | None:
        """The interval as a mark on a line from 0 to 1."""
        skill = self.standing.skill
        return None if skill is None else whisker(BAND, skill.low, skill.mean, skill.high)


def _price(project: Project) -> Money:
    return Money(project.price_micros, project.currency)


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _needs(asked: Requirements | None) -> list[str]:
    if asked is None:
        return []
    found = []
    if asked.course is not None:
        found.append(_("the qualification “%(name)s”") % {"name": asked.course.name})
    if asked.languages:
        found.append(_("language: %(names)s") % {"names": ", ".join(asked.languages)})
    if asked.trust_levels:
        names = ", ".join(str(TrustLevel(level).label) for level in asked.trust_levels)
        found.append(_("standing: %(names)s") % {"names": names})
    if asked.max_answers is not None:
        found.append(_("at most %(n)s answers each") % {"n": asked.max_answers})
    if asked.daily_answers is not None:
        found.append(_("at most %(n)s answers a day") % {"n": asked.daily_answers})
    return found
