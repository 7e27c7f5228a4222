"""A fit keeps its lease while it runs, however long that is; nobody keeps one that was let go."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from cast import make_cast
from django.utils import timezone

from crowd.models import Project
from crowd.services import refit_lease
from crowd.services.refit_lease import kept_alive

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refit_lease, "BEAT_SECONDS", 0.02)


def until(project: Project) -> object:
    return Project.objects.values_list("refit_leased_until", flat=True).get(pk=project.pk)


def test_a_running_fit_renews_its_lease() -> None:
    project = make_cast().project
    nearly_over = timezone.now() + timedelta(seconds=1)
    Project.objects.filter(pk=project.pk).update(refit_leased_until=nearly_over)
    deadline = time.monotonic() + 20
    with kept_alive(project_id=project.pk):
        while until(project) == nearly_over and time.monotonic() < deadline:
            time.sleep(0.02)
    assert until(project) > nearly_over + timedelta(seconds=30)


def test_a_lease_that_was_let_go_is_not_taken_again() -> None:
    project = make_cast().project
    with kept_alive(project_id=project.pk):
        time.sleep(0.1)
    assert until(project) is None
