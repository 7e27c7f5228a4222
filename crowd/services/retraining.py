"""Trains a classifier anew once people have settled enough more texts; the fresh snapshot takes over its work."""

from __future__ import annotations

from django.db import transaction

from crowd.enums import RaterRunKind, RaterRunState, WorkerKind
from crowd.errors import Conflict
from crowd.models import Project, Rater
from crowd.policies.gate import is_due
from crowd.queries.training_texts import MOST, settled_texts
from crowd.services.rater_runs import launch_rater
from crowd.services.raters import retrain_classifier


def retrain_grown(*, project: Project) -> Rater | None:
    """Train one launched classifier anew whose texts have grown by a quarter and by twenty; None if there is none.

    At most one at a time, and not beyond the most texts that are read, so that the cost over a project's life is
    bounded. Safe to run twice: a classifier that was replaced is passed over.
    """
    launched = Rater.objects.filter(
        project=project, kind=WorkerKind.CLASSIFIER, replaced_by__isnull=True,
        runs__kind=RaterRunKind.VOTES, runs__state=RaterRunState.RUNNING,
    )  # fmt: skip
    for rater in launched.select_related("project", "snapshot", "created_by").order_by("pk"):
        known = rater.snapshot.trained_on
        if known >= MOST or not is_due(
            tested_tasks=known, tasks=len(settled_texts(project, field=rater.spec.get("field")))
        ):
            continue
        try:
            with transaction.atomic():
                fresh = retrain_classifier(rater=rater, actor=rater.created_by)
                launch_rater(rater=fresh, actor=rater.created_by)
                return fresh
        except Conflict:
            continue  # another process was first, or the texts taught nothing new
    return None
