"""Heals what lost messages and lost workers leave behind, and works off the queue where there is no broker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from crowd.enums import AssignmentState
from crowd.jobs import (
    enqueue_answer,
    enqueue_measurement,
    enqueue_panels,
    enqueue_rater,
    enqueue_refit,
    enqueue_webhook,
)
from crowd.models import Assignment, Project
from crowd.queries.answers import unprocessed
from crowd.queries.raters import due_runs
from crowd.queries.webhooks import due_webhooks
from crowd.services.appeals import grant_unanswered
from crowd.services.assignments import expire_assignment
from crowd.services.courier import prune_log
from crowd.services.file_jobs import enqueue_lost_files
from crowd.services.idempotency import forget_outcomes
from crowd.services.leases import adjust_leases
from crowd.services.measuring import due_measurements, forget_browsers, measure_project
from crowd.services.panels import refresh_panels, stale_panels
from crowd.services.pay_review import approve_by_silence, close_unappealed
from crowd.services.processing import process_or_postpone
from crowd.services.rater_work import work_on_run
from crowd.services.rates import forget_windows
from crowd.services.refit import refit_project
from crowd.services.reopening import reopen_due
from crowd.services.restitution import restitutions_due
from crowd.services.retention import apply_retention
from crowd.services.seals import seal_events
from crowd.services.stale_holds import release_stale_holds
from crowd.services.training import close_idle
from crowd.services.trust_appeals import grant_unjudged
from crowd.services.trust_terms import expire_levels

logger = logging.getLogger(__name__)
BATCH = 200
# A message that has not led to processing after this long is taken to be lost.
LOST_AFTER = timedelta(seconds=30)


def sweep_once() -> None:
    """With a broker: expire leases, enqueue whatever lost its message, and the fits that are due."""
    _take([*UPKEEP, *LOOKS, prune_log])


def work_off() -> bool:
    """Without a broker: one round of everything that is due, in this thread; True when there may be more."""
    answer_ids = list(unprocessed().values_list("id", flat=True)[:BATCH])
    for answer_id in answer_ids:
        process_or_postpone(answer_id=answer_id)
    _take([*UPKEEP, _refit_due, _measure_due])
    return len(answer_ids) == BATCH


def _take(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step; one that stumbles is logged and keeps nobody else waiting."""
    for step in steps:
        try:
            step()
        except (OperationalError, InterfaceError):
            # The database is away: so it is for every other step.
            raise
        except Exception:
            logger.exception("the sweep stumbled in %s; it goes on with what follows", step.__name__)


def _look_for_answers() -> None:
    lost = unprocessed().filter(created_at__lt=timezone.now() - LOST_AFTER)
    for answer_id in lost.values_list("id", flat=True)[:BATCH]:
        enqueue_answer(answer_id)


def _look_for_fits() -> None:
    for project_id in _due_refits().values_list("id", flat=True):
        enqueue_refit(project_id)


def _look_for_measurements() -> None:
    for project_id in due_measurements().values_list("project_id", flat=True)[:BATCH]:
        enqueue_measurement(project_id)


def _look_for_raters() -> None:
    for run_id in due_runs().values_list("id", flat=True)[:BATCH]:
        enqueue_rater(run_id)


def _look_for_webhooks() -> None:
    for webhook_id in due_webhooks(timezone.now()).values_list("id", flat=True)[:BATCH]:
        enqueue_webhook(webhook_id)


def _look_for_panels() -> None:
    for project_id in stale_panels():
        enqueue_panels(project_id)


def _refit_due() -> None:
    for project_id in list(_due_refits().values_list("id", flat=True)):
        refit_project(project_id=project_id)


def _measure_due() -> None:
    for project_id in list(due_measurements().values_list("project_id", flat=True)[:BATCH]):
        measure_project(project_id=project_id)


def work_off_raters() -> bool:
    """Without a broker: one slice of every rater's run that is due, in this thread; True when there may be more."""
    has_more = False
    for run_id in list(due_runs().values_list("id", flat=True)[:BATCH]):
        has_more = work_on_run(run_id=run_id) or has_more
    return has_more


def work_off_panels() -> bool:
    """Without a broker: every dashboard whose panels are due, in this thread."""
    for project_id in stale_panels():
        refresh_panels(project_id=project_id)
    return False


def expire_overdue() -> int:
    """Expire the leases whose deadline has passed; returns how many."""
    now = timezone.now()
    live = Assignment.objects.filter(state=AssignmentState.ACTIVE, ended_at__isnull=True)  # as its index has it
    overdue = live.filter(deadline__lt=now).order_by("deadline")
    return sum(
        expire_assignment(assignment_id=pk, now=now) for pk in list(overdue.values_list("id", flat=True)[:BATCH])
    )


def settle_silence() -> None:
    """Let silence decide: pay that nobody reviewed, appeals that nobody judged, rejections that nobody contested."""
    approve_by_silence()
    grant_unanswered()
    grant_unjudged()
    close_unappealed()


def _due_refits() -> QuerySet[Project]:
    now = timezone.now()
    is_due = Q(is_dirty=True) & (Q(refit_not_before__isnull=True) | Q(refit_not_before__lte=now))
    is_free = Q(refit_leased_until__isnull=True)
    # A lease that ran out belongs to a fit that died after it had cleared the flag.
    is_dead = Q(refit_leased_until__lt=now)
    return Project.objects.filter((is_due & is_free) | is_dead)


# What the sweep does itself, short as it is.
UPKEEP: tuple[Callable[[], object], ...] = (
    expire_overdue,
    expire_levels,
    reopen_due,
    restitutions_due,
    forget_browsers,
    close_idle,
    release_stale_holds,
    adjust_leases,
    settle_silence,
    forget_windows,
    forget_outcomes,
    apply_retention,
    seal_events,
)
# Where it looks for rows that wait longer than a message takes.
LOOKS: tuple[Callable[[], object], ...] = (
    _look_for_answers,
    _look_for_fits,
    _look_for_measurements,
    _look_for_raters,
    _look_for_webhooks,
    _look_for_panels,
    enqueue_lost_files,
)
