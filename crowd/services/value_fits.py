"""The full fit of a project whose answers are not one label each: read, fit, store in one transaction."""

from __future__ import annotations

import warnings

from django.db import transaction
from django.utils import timezone

from crowd.enums import EventKind
from crowd.models import AggregationRun, Project
from crowd.policies.value_fits import fit_values
from crowd.queries.agreement import measure_agreement
from crowd.queries.forms import form_of
from crowd.queries.value_answers import read_values
from crowd.services.events import record_event
from crowd.services.value_storage import store_traits, store_value_run, store_values
from quality.errors import ConvergenceWarning


def fit_and_store_values(*, project: Project, run: AggregationRun) -> list[int] | None:
    """Fit, store consensus, traits and run; returns the tasks to settle, None where there is nothing to fit."""
    read, form = read_values(project), form_of(project, {})
    if read.last_answer_id is None:
        return None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = fit_values(form, read.records, read.known)
    notes = [*fit.notes, *(str(w.message) for w in caught if issubclass(w.category, ConvergenceWarning))]
    run.agreement = measure_agreement(project)
    now = timezone.now()
    with transaction.atomic():
        store_value_run(run, read, fit, notes, now)
        candidates = store_values(project, run, read, fit, form, now)
        store_traits(project, run, read, fit, now)
        record_event(
            kind=EventKind.REFIT_DONE,
            project=project,
            subject=run.uid,
            detail={"answers": run.answers, "seconds": (now - run.started_at).total_seconds()},
            at=now,
        )
    return candidates
