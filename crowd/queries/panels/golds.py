"""The panel of gold health: pass rate of each gold, good workers who miss it, exposure, leaks."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.translation import gettext_noop as _

from crowd.models import Answer, Gold, Project
from crowd.queries.gold_health import gold_health
from crowd.queries.panels.shapes import Json, body, figure, table
from quality.skill.rates import wilson

MOST = 500


def golds(project: Project) -> Json:
    """Every gold with how often it was answered right, the least often first; suspects by the audit of all answers."""
    passed = {
        row["task_id"]: (row["right"], row["n"])
        for row in Answer.objects.filter(project=project, is_gold=True, is_correct__isnull=False)
        .values("task_id")
        .annotate(n=Count("id"), right=Count("id", filter=Q(is_correct=True)))
        .order_by()
    }
    health = gold_health(project)
    suspected = {gold.pk: evidence.probability_bad for gold, evidence in health.suspects}
    rows = []
    for gold in Gold.objects.filter(project=project).select_related("task").order_by("id"):
        right, n = passed.get(gold.task_id, (0, 0))
        low, high = wilson(right, n) if n else (None, None)
        rows.append(
            [
                gold.task.key,
                gold.times_used,
                n,
                right / n if n else None,
                low,
                high,
                suspected.get(gold.pk),
                _("in use") if gold.is_active else _("retired"),
            ]
        )
    rows.sort(key=lambda row: (row[4] is None, row[4] or 0.0))
    answered = sum(n for _right, n in passed.values())
    right = sum(right for right, _n in passed.values())
    low, high = wilson(right, answered) if answered else (None, None)
    return body(
        figures=[
            figure(_("Golds in use"), health.active),
            figure(_("Answered right"), right / answered, low=low, high=high, n=answered, unit="share")
            if answered
            else figure(_("Answered right"), None, reason=_("no gold was answered yet")),
            figure(_("Likely wrong"), len(suspected)),
            figure(_("Workers for whom golds may have leaked"), sum(leak.is_suspected for leak in health.worker_leaks)),
        ],
        tables=[
            table(
                "golds",
                _("Golds, hardest first"),
                [
                    (_("Gold"), "text"),
                    (_("Given out"), "number"),
                    (_("Answered"), "number"),
                    (_("Right"), "share"),
                    (_("Low"), "share"),
                    (_("High"), "share"),
                    (_("Probability that it is wrong"), "share"),
                    (_("State"), "text"),
                ],
                rows[:MOST],
            )
        ],
    )
