"""The panel of confusion: which label people give where the consensus is another."""

from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext_noop as _

from crowd.models import Answer, Project
from crowd.queries.panels.shapes import Json, body, chart, table
from quality.skill.rates import wilson

# Beyond this a matrix cannot be read; the pairs are listed all the same.
MOST_LABELS = 40
TOP = 20


def confusion(project: Project) -> Json:
    """Counts of people's answers to real tasks, consensus by given, over tasks that have a consensus.

    The answers themselves made the consensus, so the diagonal flatters: it says what is taken for what, not how
    accurate anybody is.
    """
    labels = project.label_values
    if not labels:
        return body(notes=[_("This answer type has no labels to confuse.")])
    counts: dict[tuple[int, int], int] = {
        (int(row["task__consensus__label_index"] or 0), int(row["label_index"] or 0)): row["n"]
        for row in Answer.objects.filter(
            project=project,
            is_gold=False,
            is_model=False,
            label_index__isnull=False,
            task__consensus__label_index__isnull=False,
        )
        .values("task__consensus__label_index", "label_index")
        .annotate(n=Count("id"))
        .order_by()
    }
    if not counts:
        return body(notes=[_("No task has a consensus yet.")])
    totals = [sum(counts.get((true, given), 0) for given in range(len(labels))) for true in range(len(labels))]
    pairs = sorted(((n, true, given) for (true, given), n in counts.items() if true != given), reverse=True)[:TOP]
    rows = []
    for n, true, given in pairs:
        low, high = wilson(n, totals[true])
        rows.append([labels[true], labels[given], n, n / totals[true], low, high])
    charts = []
    if len(labels) <= MOST_LABELS:
        charts.append(
            chart(
                "matrix",
                _("Of the answers where the consensus is a row's label, the share that gave a column's"),
                rows=labels,
                columns=labels,
                y_label=_("consensus"),
                x_label=_("given"),
                min=-1,
                max=1,
                cells=[
                    {
                        "row": true,
                        "column": given,
                        "value": n / totals[true],
                        "shown": f"{100 * n / totals[true]:.0f} %",
                        "tip": f"{100 * n / totals[true]:.1f} %, n = {n}",
                        "opens": {"label": true, "given": given},
                    }
                    for (true, given), n in sorted(counts.items())
                ],
            )
        )
    return body(
        charts=charts,
        tables=[
            table(
                "pairs",
                _("What is taken for what most"),
                [
                    (_("Consensus"), "text"),
                    (_("Given"), "text"),
                    (_("Answers"), "number"),
                    (_("Share"), "share"),
                    (_("Low"), "share"),
                    (_("High"), "share"),
                ],
                rows,
                opens=[{"label": true, "given": given} for _n, true, given in pairs],
            ),
            table(
                "matrix",
                _("All counts"),
                [(_("Consensus"), "text"), (_("Given"), "text"), (_("Answers"), "number")],
                [[labels[true], labels[given], n] for (true, given), n in sorted(counts.items())],
                opens=[{"label": true, "given": given} for true, given in sorted(counts)],
            ),
        ],
    )
