"""The full model fit of a project: the truth that replaces the incremental preview."""

from __future__ import annotations

import logging
import warnings
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crowd.enums import AnswerType, EventKind, RunState
from crowd.jobs import enqueue_refit
from crowd.models import AggregationRun, Project
from crowd.policies.answer_types import LABELLED
from crowd.policies.refit import LEASE_SECONDS, PAUSE_AFTER_FAILURE_SECONDS, next_refit
from crowd.queries.agreement import measure_agreement
from crowd.queries.answers import labelled, read_answers
from crowd.queries.consensus import counted
from crowd.queries.model_votes import as_counted
from crowd.services.consensus import settle_after_fit
from crowd.services.events import record_event
from crowd.services.fit_storage import store_consensus, store_run, store_skills
from crowd.services.item_scores import fit_items, store_items
from crowd.services.measuring import request_measurement
from crowd.services.model_review import review_models
from crowd.services.peer_evidence import store_peer_evidence, warn_by_peers
from crowd.services.refit_lease import kept_alive
from crowd.services.retraining import retrain_grown
from crowd.services.value_fits import fit_and_store_values
from quality.aggregation import MODELS
from quality.errors import ConvergenceWarning
from quality.results import AggregationResult

logger = logging.getLogger(__name__)
# Tasks that are locked together while they are settled; a claim passes them over, a submit waits.
SETTLE_BATCH = 500


def refit_project(*, project_id: int) -> AggregationRun | None:
    """Fit the project's model to all of its answers, then store consensus, skills and the run.

    None when a fit is running already or there is nothing to fit. One at a time per project, by a lease on the
    project's row that is renewed while the process lives: whoever dies holding it is replaced within a minute.
    """
    started = timezone.now()
    free = Q(refit_leased_until__isnull=True) | Q(refit_leased_until__lt=started)
    # Clearing the flag before reading: an answer that comes during the fit sets it again.
    leased = Project.objects.filter(free, pk=project_id).update(
        refit_leased_until=started + timedelta(seconds=LEASE_SECONDS), is_dirty=False
    )
    if not leased:
        return None
    project = Project.objects.get(pk=project_id)
    run = AggregationRun.objects.create(project=project, model=project.aggregation_model, started_at=started)
    try:
        with kept_alive(project_id=project_id):
            done = _fit_and_store(project, run)
    except Exception as error:
        logger.exception("the fit of project %s failed", project_id)
        _fail(project, run, error)
        return run
    finished = timezone.now()
    Project.objects.filter(pk=project_id).update(
        refit_leased_until=None, refit_not_before=next_refit(finished, (finished - started).total_seconds())
    )
    return run if done else None


def request_refit(*, project: Project) -> None:
    """Ask for a full fit as soon as no other runs."""
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(is_dirty=True, refit_not_before=None)
        enqueue_refit(project.pk)


def _fit_and_store(project: Project, run: AggregationRun) -> bool:
    if AnswerType(project.answer_type) in LABELLED:
        candidates = _fit_labels(project, run)
    else:
        candidates = fit_and_store_values(project=project, run=run)
    if candidates is None:
        run.delete()
        return False
    now = timezone.now()
    for start in range(0, len(candidates), SETTLE_BATCH):
        with transaction.atomic():
            settle_after_fit(task_ids=candidates[start : start + SETTLE_BATCH], project=project, at=now)
    warn_by_peers(project=project, at=now)
    _review(project)
    return True


def _fit_labels(project: Project, run: AggregationRun) -> list[int] | None:
    """Fit and store; returns the tasks to settle, None where there is nothing to fit."""
    read = as_counted(read_answers(counted(labelled(project)), project), project)
    if read.last_answer_id is None:
        return None
    model = MODELS[project.aggregation_model]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result: AggregationResult = model.fit(read.answers, gold=read.gold or None)
    notes = [*result.notes, *(str(w.message) for w in caught if issubclass(w.category, ConvergenceWarning))]
    items = fit_items(project=project, known=read.gold) if project.answer_type == AnswerType.PAIRWISE else None
    run.agreement = measure_agreement(project)
    now = timezone.now()
    with transaction.atomic():
        if items is not None:
            store_items(project=project, run=run, fit=items)
        store_run(run, model, read, result, notes, now)
        candidates = store_consensus(project, run, read, result, now)
        store_skills(project, run, read, result, now)
        store_peer_evidence(project=project, read=read, result=result)
        request_measurement(project=project)
        record_event(
            kind=EventKind.REFIT_DONE,
            project=project,
            subject=run.uid,
            detail={"answers": run.answers, "seconds": (now - run.started_at).total_seconds()},
            at=now,
        )
    return candidates


def _review(project: Project) -> None:
    """The fit stands whatever comes of the review; the next fit brings another."""
    try:
        with warnings.catch_warnings():
            # A test's fit that stops early is judged by what it predicts.
            warnings.simplefilter("ignore", ConvergenceWarning)
            review_models(project=project)
            retrain_grown(project=project)
    except Exception:
        logger.exception("the models of project %s could not be reviewed", project.pk)


def _fail(project: Project, run: AggregationRun, error: Exception) -> None:
    now = timezone.now()
    detail = f"{type(error).__name__}: {error}"[:500]
    with transaction.atomic():
        AggregationRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, finished_at=now, notes=[detail])
        # Still to be done, after the pause; the lease ends with it.
        Project.objects.filter(pk=project.pk).update(
            is_dirty=True,
            refit_leased_until=None,
            refit_not_before=now + timedelta(seconds=PAUSE_AFTER_FAILURE_SECONDS),
        )
        record_event(kind=EventKind.REFIT_FAILED, project=project, subject=run.uid, detail={"error": detail}, at=now)
