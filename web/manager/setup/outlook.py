"""The outlook of a draft in words: what it costs, takes and reaches, what stands in the way of a launch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crowd.models import Project
from crowd.policies.outlook import Span
from crowd.queries.outlook import LaunchOutlook
from web.figures import MISSING, NO_BREAK, count, percent
from web.money import Money

HOUR_SECONDS = 3600
AT_ONCE = 10


@dataclass(frozen=True)
class Figure:
    """A figure with its range and what it rests on."""

    name: str
    value: str
    interval: str
    note: str


@dataclass(frozen=True)
class OutlookShown:
    """The forecast of a project; all figures come with their range."""

    project: Project
    found: LaunchOutlook

    @property
    def figures(self) -> list[Figure]:
        """Answers, cost, work, accuracy, disputes, pay."""
        outlook, pay = self.found.outlook, self.found.pay
        found = [
            _figure(_("Answers"), outlook.answers, lambda v: count(round(v)), self._answers_note()),
            _figure(_("Cost"), outlook.cost_micros, self._money, self._cost_note()),
        ]
        if outlook.seconds is None:
            found.append(Figure(_("Work"), MISSING, "", _("cannot be said before there are tasks")))
        else:
            basis = _("from the seconds that you gave") if pay.basis == "stated" else _("from the length of the tasks")
            if pay.seconds is not None:
                basis = _("{seconds:.0f} s an answer, {basis}").format(seconds=pay.seconds, basis=basis)
            shown = _figure("", outlook.seconds, lambda v: _hours(v / AT_ONCE), "")
            note = _("{basis}; {hours} when {n} people work at once").format(
                basis=basis, hours=shown.interval or shown.value, n=AT_ONCE
            )
            found.append(_figure(_("Time of work"), outlook.seconds, _hours, note))
        if outlook.right is None:
            why = _("cannot be said for this type of answer before people have answered")
            found.append(Figure(_("Right labels"), MISSING, "", why))
        else:
            why = _("if people are right in 65 % to 92 % of answers (80 % expected) and err evenly; golds will tell")
            found.append(_figure(_("Right labels"), outlook.right, _share, why))
        if outlook.disputed is not None:
            why = _("tasks not sure enough after the most answers; you decide them")
            found.append(_figure(_("Disputes"), outlook.disputed, _share, why))
        found.append(self._hourly())
        return found

    @property
    def cautions(self) -> list[str]:
        """What a manager should know before the launch."""
        outlook, project, contents = self.found.outlook, self.project, self.found.contents
        found = []
        if not contents.tasks:
            found.append(_("There are no tasks yet; add some before the launch."))
        if not contents.golds:
            found.append(_("There are no golds: nobody's answers are tested, and trust rests on agreement alone."))
        elif project.gold_rate == 0:
            found.append(_("The share of golds is 0 %: the golds that you have will not be handed out."))
        if project.price_micros == 0:
            found.append(_("An answer pays nothing."))
        budget = project.budget_micros
        if budget is None and project.price_micros:
            found.append(
                _("There is no budget: at worst the project costs {most}.").format(
                    most=self._money(outlook.most_micros)
                )
            )
        elif budget is not None and budget < outlook.cost_micros.low:
            found.append(
                _("The budget of {budget} does not cover the least that it may cost, {low}; work stops before the end.")
                .format(budget=self._money(budget), low=self._money(outlook.cost_micros.low))
            )  # fmt: skip
        elif budget is not None and budget < outlook.most_micros:
            found.append(
                _("The budget of {budget} may run out before the end: at worst it costs {most}.").format(
                    budget=self._money(budget), most=self._money(outlook.most_micros)
                )
            )
        return found

    @property
    def needs_acknowledgement(self) -> bool:
        """Whether an hour is likely to pay less than the floor."""
        return self.found.pay.is_under

    @property
    def floor(self) -> str:
        """The least for an hour."""
        micros = self.found.pay.floor_micros
        return MISSING if micros is None else self._money(micros)

    @property
    def under_chance(self) -> str:
        """How likely an hour pays less."""
        return percent(self.found.pay.under_probability)

    def _hourly(self) -> Figure:
        pay = self.found.pay
        if pay.micros is None or pay.low is None or pay.high is None:
            return Figure(_("Pay of an hour"), MISSING, "", _("cannot be said before there are tasks"))
        note = _("95 % range; no floor is set")
        if pay.floor_micros is not None:
            note = _("95 % range; the floor is {floor}; under it with a chance of {chance}").format(
                floor=self.floor, chance=self.under_chance
            )
        span = Span(float(pay.low), float(pay.micros), float(pay.high))
        return _figure(_("Pay of an hour"), span, self._money, note)

    def _answers_note(self) -> str:
        contents = self.found.contents
        return _("for {tasks} tasks, {golds} golds in stock").format(
            tasks=count(contents.tasks), golds=count(contents.golds)
        )

    def _cost_note(self) -> str:
        budget = self.project.budget_micros
        most = _("at worst {most}").format(most=self._money(self.found.outlook.most_micros))
        return (
            most
            if budget is None
            else _("{most}; the budget is {budget}").format(most=most, budget=self._money(budget))
        )

    def _money(self, micros: float) -> str:
        # Three digits, at most cents: a forecast that shows more pretends to know it.
        step = min(10_000, 10 ** max(0, len(str(abs(round(micros)))) - 3))
        return str(Money(round(micros / step) * step, self.project.currency))


def _figure(name: str, span: Span, write: Callable[[float], str], note: str) -> Figure:
    low, high = write(span.low), write(span.high)
    if span.expected is None:
        return Figure(name, low if low == high else f"{low} – {high}", "", note)
    interval = "" if low == high else _("{low} to {high}").format(low=low, high=high)
    return Figure(name, write(span.expected), interval, note)


def _hours(seconds: float) -> str:
    hours = seconds / HOUR_SECONDS
    if hours < 1:
        return f"{seconds / 60:.0f}{NO_BREAK}min"
    return f"{hours:,.0f}{NO_BREAK}h" if hours >= 10 else f"{hours:.1f}{NO_BREAK}h"


def _share(value: float) -> str:
    return percent(value, 1)
