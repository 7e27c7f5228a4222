"""Reads how far suggestions move the people of a project, over all and by suggested label."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from crowd.enums import SuggestionPolicy
from crowd.models import Answer, Project, Suggestion
from quality.models_vs_humans.anchoring import Anchoring, anchoring


@dataclass(frozen=True)
class AnchoringReport:
    """The audit over all suggestions and per suggested label, in the order of the label set."""

    overall: Anchoring
    by_label: dict[str, Anchoring]


def anchoring_report(project: Project) -> AnchoringReport:
    """Compare answers where a suggestion was shown before with those where the lot held it back; gold included, since
    there the lot falls alike. Costs time in proportion to the suggestions made.
    """
    suggestions = {
        (task, worker): (label, not is_held_out)
        for task, worker, label, is_held_out in Suggestion.objects.filter(
            project=project, policy=SuggestionPolicy.BEFORE
        ).values_list("task_id", "worker_id", "label_index", "is_held_out")
    }
    given = (
        Answer.objects.filter(project=project, label_index__isnull=False, task__suggestions__worker=F("worker"))
        .order_by("id")
        .values_list("task_id", "worker_id", "label_index")
    )
    rows = [
        (suggestions[task, worker], label, worker) for task, worker, label in given if (task, worker) in suggestions
    ]
    values = project.label_values
    return AnchoringReport(
        _audit(rows),
        {value: _audit([row for row in rows if row[0][0] == i]) for i, value in enumerate(values)},
    )


def _audit(rows: list[tuple[tuple[int, bool], int | None, int]]) -> Anchoring:
    return anchoring(
        [is_shown for (_, is_shown), _, _ in rows],
        [label == suggested for (suggested, _), label, _ in rows],
        [worker for _, _, worker in rows],
    )
