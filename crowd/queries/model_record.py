"""Reads how a model has done since its votes were let in: golds and audits, one after the other."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from crowd.enums import TaskState, VoteState
from crowd.models import Answer, ModelDecision, Project, VoteChange, Worker
from crowd.policies.gate import ASSUMED_ACCURACY
from quality.models_vs_humans.drift import drift_test


@dataclass(frozen=True)
class Drift:
    """Whether the sequential test has found that the model is not what it was; the figures it rests on."""

    is_found: bool
    reason: str
    figures: dict[str, Any]


def drift_of(project: Project, worker: Worker) -> Drift:
    """Test the golds and finished audits since the model was let in, in their order, against what it was then.

    Read from the rows, so that it cannot come apart from them; costs time in proportion to golds and audits.
    """
    change = (
        VoteChange.objects.filter(project=project, worker=worker)
        .exclude(to_state=VoteState.SHADOW)
        .filter(from_state=VoteState.SHADOW)
        .order_by("-id")
        .first()
    )
    since = None if change is None else change.created_at
    reference = None if change is None else change.evidence.get("reference_accuracy")
    reference = ASSUMED_ACCURACY if reference is None else float(reference)
    test = drift_test(reference, max(2, len(project.labels)))
    llr, wrong = 0.0, 0
    observed = observations(project, worker, since)
    for count, (_, is_right) in enumerate(observed, start=1):
        llr = test.update(llr, is_right)
        wrong += not is_right
        if test.verdict(llr) == "bad":
            return Drift(
                True,
                f"{wrong} of {count} golds and audits wrong since its votes were let in: "
                f"accuracy {test.bad:.2f} is more likely than {test.good:.2f}",
                _figures(test.good, test.bad, llr, count, wrong),
            )
    return Drift(False, "", _figures(test.good, test.bad, llr, len(observed), wrong))


def observations(project: Project, worker: Worker, since: datetime | None) -> list[tuple[datetime, bool]]:
    """When a gold or a finished audit showed whether the model was right; oldest first."""
    golds = Answer.objects.filter(project=project, worker=worker, is_correct__isnull=False)
    audits = finished_audits(project, worker)
    if since is not None:
        golds, audits = golds.filter(created_at__gt=since), audits.filter(created_at__gt=since)
    rows = [(at, bool(is_right)) for at, is_right in golds.values_list("created_at", "is_correct")]
    rows += [(at, is_right) for at, is_right, _ in audited(audits)]
    return sorted(rows)


def finished_audits(project: Project, worker: Worker) -> QuerySet[ModelDecision]:
    """The tasks that the model decided, and that people have finished all the same."""
    return ModelDecision.objects.filter(
        project=project,
        worker=worker,
        is_audited=True,
        withdrawn_at__isnull=True,
        task__state=TaskState.COMPLETE,
        task__consensus__isnull=False,
    )


def audited(decisions: QuerySet[ModelDecision]) -> list[tuple[datetime, bool, int]]:
    """When people settled each audited task, whether they say what the model said, the task's id.

    What people say is what most of them do, models left out; where they are split nothing is said.
    """
    rows = list(decisions.values_list("task_id", "label_index", "task__consensus__updated_at"))
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    given = Answer.objects.filter(task__in=[task_id for task_id, *_ in rows], is_model=False, label_index__isnull=False)
    for task_id, label in given.values_list("task_id", "label_index"):
        if label is not None:
            counts[task_id][label] += 1
    found = []
    for task_id, said, at in rows:
        top = counts[task_id].most_common(2)
        if top and (len(top) == 1 or top[0][1] > top[1][1]):
            found.append((at, top[0][0] == said, task_id))
    return found


def _figures(good: float, bad: float, llr: float, count: int, wrong: int) -> dict[str, Any]:
    return {
        "reference_accuracy": good,
        "fallen_accuracy": bad,
        "log_likelihood_ratio": round(llr, 4),
        "observations": count,
        "wrong": wrong,
    }
