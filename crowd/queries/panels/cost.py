"""The panel of cost: what was booked, for what, and what a finished task costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncDay
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from crowd.enums import AccountKind, TaskState, TransactionKind
from crowd.models import BudgetShard, Entry, Project
from crowd.queries.panels.shapes import Json, body, chart, figure, table

DAYS = 90


def cost(project: Project) -> Json:
    """Entries of the project's cost account by kind and by day; the ledger is the only source."""
    entries = Entry.objects.filter(account__project=project, account__kind=AccountKind.PROJECT_COST)
    kinds = {
        row["transaction__kind"]: row["total"]
        for row in entries.values("transaction__kind").annotate(total=Sum("amount_micros")).order_by()
    }
    total = sum(kinds.values())
    finished = project.tasks.filter(state=TaskState.COMPLETE).count()
    left = BudgetShard.objects.filter(project=project).aggregate(left=Sum("left_micros"))["left"]
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=DAYS - 1)
    by_day: dict[Any, int] = {
        row["day"]: row["total"]
        for row in entries.filter(transaction__created_at__gte=since)
        .values(day=TruncDay("transaction__created_at"))
        .annotate(total=Sum("amount_micros"))
        .order_by("day")
    }
    days = [[day.date().isoformat(), micros] for day, micros in by_day.items()]
    return body(
        figures=[
            figure(_("Booked"), total, unit="micros"),
            figure(_("Budget left"), left, unit="micros")
            if project.budget_micros is not None
            else figure(_("Budget left"), None, reason=_("no budget set")),
            figure(_("Cost of a finished task"), total / finished, n=finished, unit="micros")
            if finished
            else figure(_("Cost of a finished task"), None, reason=_("no task is finished yet")),
        ],
        charts=[
            chart(
                "bars",
                _("Cost a day (UTC)"),
                x=[day for day, _micros in days],
                stacks=[{"name": _("cost"), "values": [micros / 1e6 for _day, micros in days]}],
                y_label=project.currency,
            )
        ],
        tables=[
            table("days", _("By day"), [(_("Day (UTC)"), "text"), (_("Cost"), "micros")], days[::-1]),
            table(
                "kinds",
                _("By what was paid for"),
                [(_("What"), "text"), (_("Cost"), "micros"), (_("Share"), "share")],
                [
                    [str(TransactionKind(kind).label), micros, micros / total if total else None]
                    for kind, micros in sorted(kinds.items(), key=lambda pair: -pair[1])
                ],
            ),
        ],
    )
