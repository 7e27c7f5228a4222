"""The verdict of `chaos.py`: waits for quiet, then counts what must never be."""

from __future__ import annotations

import time
from typing import Any

from load_crowd import Tally


def wait_for_quiet(project: Any, patience_seconds: float) -> dict[str, int]:
    """Return once every job is done and every lease over; what is left where patience ends."""
    deadline = time.monotonic() + patience_seconds
    while True:
        left = unfinished(project)
        if not any(left.values()) or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


def unfinished(project: Any) -> dict[str, int]:
    """What jobs have still to do."""
    from django.utils import timezone

    from crowd.enums import AssignmentState
    from crowd.models import Answer, Assignment, Project

    live = Assignment.objects.filter(project=project, state=AssignmentState.ACTIVE)
    mine = Project.objects.filter(pk=project.pk)
    return {
        "answers not processed": Answer.objects.filter(project=project, processed_at__isnull=True).count(),
        "leases over and not expired": live.filter(deadline__lt=timezone.now()).count(),
        "fit not made": mine.filter(is_dirty=True).count(),
        "fit not ended": mine.filter(refit_leased_until__isnull=False).count(),
    }


def violations(project: Any, tally: Tally, left: dict[str, int]) -> dict[str, int]:
    """How often each promise was broken."""
    from django.db.models import Count

    from crowd.enums import TaskState
    from crowd.models import AggregationRun, Answer, Task
    from crowd.queries.exactness import broken_promises
    from crowd.queries.soundness import broken_books

    rows = Answer.objects.filter(project=project).values_list("uid", "value").iterator()
    stored = {str(uid): value for uid, value in rows}
    lost = [uid for uid in tally.acknowledged if uid not in stored]
    changed = [uid for uid, value in tally.acknowledged.items() if stored.get(uid, value) != value]
    complete = Task.objects.filter(project=project, state=TaskState.COMPLETE)
    processed = Answer.objects.filter(project=project, processed_at__isnull=False)
    unpaid = processed.filter(holds_place=True).annotate(n=Count("transactions")).filter(n=0)
    failed = AggregationRun.objects.filter(project=project, state="failed")
    return {
        "acknowledged and lost": len(lost),
        "acknowledged and changed": len(changed),
        "complete without a consensus": complete.filter(consensus__isnull=True).count(),
        "processed without pay": unpaid.count(),
        "seen by the crowd": len(tally.violations),
        **broken_promises(project),
        **broken_books(project),
        **{f"not done: {name}": n for name, n in left.items()},
        "fits failed for good": failed.count() if left["fit not made"] else 0,
    }
