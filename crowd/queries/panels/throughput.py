"""The panel of throughput: answers an hour and a day, with what did not become an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from crowd.enums import AssignmentState
from crowd.models import Answer, Assignment, Project
from crowd.queries.panels.shapes import Json, body, chart, figure, table

HOURS = 48
DAYS = 90


def throughput(project: Project) -> Json:
    """Answers of people and of models by hour and by day; skips, releases, expiries by day. Gold counts as work."""
    now = timezone.now()
    hour, day = timedelta(hours=1), timedelta(days=1)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - hour * k for k in reversed(range(HOURS))]
    by_hour = _answers(project, TruncHour("created_at"), hours[0])
    days = [this_hour.replace(hour=0) - day * k for k in reversed(range(DAYS))]
    by_day = _answers(project, TruncDay("created_at"), days[0])
    first = next((k for k, at in enumerate(days) if at in by_day), len(days) - 1)
    days = days[first:]
    ended: dict[Any, Any] = {
        row["at"]: row
        for row in Assignment.objects.filter(project=project, ended_at__gte=days[0])
        .values(at=TruncDay("ended_at"))
        .annotate(
            skipped=Count("id", filter=Q(state=AssignmentState.SKIPPED)),
            released=Count("id", filter=Q(state=AssignmentState.RELEASED)),
            expired=Count("id", filter=Q(state=AssignmentState.EXPIRED)),
        )
        .order_by()
    }
    day_rows = [
        [at.date().isoformat(), *by_day.get(at, (0, 0)), *(ended.get(at, {}).get(k, 0) for k in _ENDS)] for at in days
    ]
    last_day = [by_hour.get(at, (0, 0)) for at in hours[-24:]]
    return body(
        figures=[
            figure(_("Answers in the last 24 hours"), sum(people + models for people, models in last_day)),
            figure(_("Answers of people in the last 24 hours"), sum(people for people, _models in last_day)),
        ],
        charts=[
            chart(
                "bars",
                _("Answers an hour, last 48 hours (UTC)"),
                x=[f"{at:%m-%d %H}h" for at in hours],
                stacks=_stacks([by_hour.get(at, (0, 0)) for at in hours]),
            ),
            chart(
                "bars",
                _("Answers a day (UTC)"),
                x=[row[0] for row in day_rows],
                stacks=_stacks([by_day.get(at, (0, 0)) for at in days]),
            ),
        ],
        tables=[
            table(
                "days",
                _("By day"),
                [
                    (_("Day (UTC)"), "text"),
                    (_("Answers of people"), "number"),
                    (_("Answers of models"), "number"),
                    (_("Skipped"), "number"),
                    (_("Given back"), "number"),
                    (_("Expired"), "number"),
                ],
                day_rows[::-1],
            ),
            table(
                "hours",
                _("By hour"),
                [(_("Hour (UTC)"), "text"), (_("Answers of people"), "number"), (_("Answers of models"), "number")],
                [[f"{at:%Y-%m-%d %H}:00", *by_hour.get(at, (0, 0))] for at in hours[::-1]],
            ),
        ],
    )


_ENDS = ("skipped", "released", "expired")


def _stacks(pairs: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {"name": _("people"), "values": [people for people, _models in pairs]},
        {"name": _("models"), "values": [models for _people, models in pairs], "colour": "edge"},
    ]


def _answers(project: Project, period: Any, since: Any) -> dict[Any, tuple[int, int]]:
    rows = (
        Answer.objects.filter(project=project, created_at__gte=since)
        .values(at=period)
        .annotate(all=Count("id"), models=Count("id", filter=Q(is_model=True)))
        .order_by()
    )
    return {row["at"]: (row["all"] - row["models"], row["models"]) for row in rows}
