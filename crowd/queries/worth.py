"""Reads what one more answer to a project's tasks costs, with what it is likely to bring."""

from __future__ import annotations

from crowd.models import GateTerms, Project
from crowd.policies.completion import Worth
from crowd.policies.confusion import UNKNOWN_ACCURACY
from crowd.queries.consensus import newest_run


def worth_of_an_answer(project: Project) -> Worth | None:
    """Price against gain of one more answer; None unless the project has a price and says what a label is worth.

    Accuracy and weight are those of the newest full fit; before the first, those that the preview assumes.
    """
    if project.label_worth_micros is None or project.price_micros == 0:
        return None
    run = newest_run(project)
    terms = GateTerms.objects.filter(project=project).values_list("adjudication_micros", flat=True).first()
    accuracy = None if run is None else run.crowd_accuracy
    weight = None if run is None else run.preview_weight
    return Worth(
        price_micros=project.price_micros,
        label_micros=project.label_worth_micros,
        accuracy=UNKNOWN_ACCURACY if accuracy is None else accuracy,
        weight=1.0 if weight is None else weight,
        adjudication_micros=terms,
    )
