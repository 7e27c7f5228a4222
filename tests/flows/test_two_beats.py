"""Two beats sweep at the same moment: whatever is overdue happens once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from at_once import race
from cast import make_cast
from django.utils import timezone

from crowd import jobs
from crowd.enums import AssignmentState
from crowd.models import Answer, Assignment, Transaction
from crowd.queries.exactness import broken_promises
from crowd.queries.soundness import broken_books
from crowd.services import sweep

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_sweeps_at_once_whose_messages_all_arrive_do_everything_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = "redis://nowhere"
    # A message arrives at once, in the thread of the sweep that sent it.
    monkeypatch.setattr(jobs, "_wake", lambda *_: None)
    cast = make_cast(tasks=3)
    for worker in cast.workers[:2]:
        cast.answer(worker, is_processed=False)
    for worker in cast.workers:
        assert cast.claim(worker).assignment is not None
    Assignment.objects.filter(state=AssignmentState.ACTIVE).update(deadline=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(jobs, "_wake", lambda job, row_id, *_: job(row_id))
    monkeypatch.setattr(sweep, "LOST_AFTER", timedelta(0))
    assert race([sweep.sweep_once] * 4) == [None] * 4
    assert cast.project.events.filter(kind="lease_expired").count() == len(cast.workers)
    assert not Assignment.objects.filter(state=AssignmentState.ACTIVE).exists()
    assert not Answer.objects.filter(processed_at__isnull=True).exists()
    assert Transaction.objects.filter(answer__isnull=False).count() == 2
    assert not any(broken_promises(cast.project).values())
    assert not any(broken_books(cast.project).values())
