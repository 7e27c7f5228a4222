"""The panel of drift: the labels people gave a week against those of the weeks before, with a test."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncWeek
from django.utils.translation import gettext_noop as _
from scipy.stats import chi2_contingency

from crowd.models import Answer, Project
from crowd.queries.panels.shapes import Json, body, chart, figure, table

LEAST_ANSWERS = 50
WEEKS = 26


def drift(project: Project) -> Json:
    """Shares of labels by week. The test is chi-squared, of the newest week with enough answers against all before.

    The same tasks do not come back each week, so a difference may be of the tasks as well as of the people.
    """
    labels = project.label_values
    if not labels:
        return body(notes=[_("This answer type has no labels whose shares could drift.")])
    weeks: dict[Any, list[int]] = defaultdict(lambda: [0] * len(labels))
    for row in (
        Answer.objects.filter(project=project, is_gold=False, is_model=False, label_index__isnull=False)
        .values("label_index", week=TruncWeek("created_at"))
        .annotate(n=Count("id"))
        .order_by("week")
    ):
        weeks[row["week"]][int(row["label_index"] or 0)] = row["n"]
    names = [f"{week:%G-W%V}" for week in weeks][-WEEKS:]
    counts = list(weeks.values())[-WEEKS:]
    return body(
        figures=[_test(counts)],
        charts=[
            chart(
                "series",
                _("Share of each label by week"),
                x=names,
                min=0,
                max=1,
                lines=[
                    {"name": label, "y": [week[k] / sum(week) for week in counts]} for k, label in enumerate(labels)
                ],
            )
        ]
        if counts
        else [],
        tables=[
            table(
                "weeks",
                _("By week"),
                [(_("ISO week"), "text"), (_("Answers"), "number"), *((label, "share") for label in labels)],
                [
                    [name, sum(week), *(n / sum(week) for n in week)]
                    for name, week in zip(names[::-1], counts[::-1], strict=True)
                ],
            )
        ],
        notes=[_("The tasks of a week are not those of another: a change may be theirs.")],
    )


def _test(counts: list[list[int]]) -> Json:
    name = _("Newest week against all before, p")
    enough = [week for week in counts if sum(week) >= LEAST_ANSWERS]
    if len(enough) < 2:
        return figure(name, None, reason=_("cannot say yet: two weeks with 50 answers each are needed"))
    before = [sum(week[k] for week in enough[:-1]) for k in range(len(enough[0]))]
    used = [k for k in range(len(before)) if before[k] + enough[-1][k] > 0]
    if len(used) < 2:
        return figure(name, None, reason=_("every answer is the same label"))
    found = chi2_contingency([[before[k] for k in used], [enough[-1][k] for k in used]])
    return figure(name, float(found.pvalue), n=sum(enough[-1]))
