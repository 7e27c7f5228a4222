"""Leases that follow the observed work times."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import Cast, make_cast
from django.utils import timezone

from crowd.models import Assignment, Project
from crowd.policies.leases import LONGEST_SECONDS, MIN_OBSERVED, SHORTEST_SECONDS, lease_for
from crowd.services.answers import submit_answer
from crowd.services.leases import adjust_leases


def test_the_lease_is_half_as_much_again_as_nineteen_in_twenty_need() -> None:
    times = [float(second) for second in range(1, 101)] * 2
    assert lease_for(times, now_seconds=600) == 143  # 1.5 times 95, rounded up


def test_few_answers_say_nothing() -> None:
    assert lease_for([500.0] * (MIN_OBSERVED - 1), now_seconds=600) == 600


def test_the_lease_stays_within_reason() -> None:
    assert lease_for([0.2] * 100, now_seconds=600) == SHORTEST_SECONDS
    assert lease_for([1e7] * 100, now_seconds=600) == LONGEST_SECONDS


def test_a_small_change_is_left_alone() -> None:
    assert lease_for([380.0] * 100, now_seconds=600) == 600


def worked(cast: Cast, seconds: float) -> None:
    for worker in cast.workers:
        for _ in range(30):
            assignment = cast.claim(worker).assignment
            assert assignment is not None
            Assignment.objects.filter(pk=assignment.pk).update(claimed_at=timezone.now() - timedelta(seconds=seconds))
            submit_answer(assignment_uid=assignment.uid, worker=worker, value="neutral")


@pytest.mark.django_db
def test_a_job_moves_the_lease_and_waits_before_it_looks_again() -> None:
    cast = make_cast(tasks=30, workers=2, lease_seconds=None)
    assert (cast.project.is_lease_fixed, cast.project.lease_seconds) == (False, 600)
    worked(cast, 100)
    assert adjust_leases() == 1
    project = Project.objects.get(pk=cast.project.pk)
    assert project.lease_seconds == pytest.approx(151, abs=1)
    Project.objects.update(lease_seconds=600)
    assert adjust_leases() == 0


@pytest.mark.django_db
def test_a_lease_that_a_manager_fixed_stays() -> None:
    cast = make_cast(tasks=30, workers=2, lease_seconds=60)
    worked(cast, 100)
    assert adjust_leases() == 0
    assert Project.objects.get(pk=cast.project.pk).lease_seconds == 60
