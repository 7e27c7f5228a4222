"""What went wrong lately and waits for an operator: failing answers and fits, messages given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crowd.enums import DeliveryState, RunState
from crowd.models import AggregationRun, Answer, WebhookDelivery

MOST = 20


@dataclass(frozen=True)
class Trouble:
    """One thing: what kind, of which project, its id, a few words, when."""

    kind: str
    project: str
    subject: str
    detail: str
    at: datetime


def troubles() -> list[Trouble]:
    """The newest of each kind."""
    answers = Answer.objects.filter(processed_at__isnull=True, process_attempts__gt=0).order_by("-id")
    found = [
        Trouble("answer", name, str(uid), str(attempts), at)
        for name, uid, attempts, at in answers.values_list("project__name", "uid", "process_attempts", "created_at")[
            :MOST
        ]
    ]
    runs = AggregationRun.objects.order_by("-id").values_list("project__name", "uid", "model", "started_at", "state")
    found += [
        Trouble("fit", name, str(uid), model, at)
        for name, uid, model, at, state in runs[: 5 * MOST]
        if state == RunState.FAILED
    ][:MOST]
    dead = WebhookDelivery.objects.filter(state=DeliveryState.DEAD).order_by("-id")
    found += [
        Trouble("delivery", name, str(uid), str(attempts), at)
        for name, uid, attempts, at in dead.values_list("webhook__project__name", "uid", "attempts", "created_at")[
            :MOST
        ]
    ]
    return found
