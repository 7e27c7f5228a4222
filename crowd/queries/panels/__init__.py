"""The panels of a project's dashboard by name: each reads the project and returns a body of `shapes`."""

from __future__ import annotations

from collections.abc import Callable

from crowd.models import Project
from crowd.queries.panels.agreement import agreement
from crowd.queries.panels.confusion import confusion
from crowd.queries.panels.cost import cost
from crowd.queries.panels.drift import drift
from crowd.queries.panels.golds import golds
from crowd.queries.panels.models import models
from crowd.queries.panels.payouts import payouts
from crowd.queries.panels.shapes import Json
from crowd.queries.panels.throughput import throughput
from crowd.queries.panels.workers import workers

PANELS: dict[str, Callable[[Project], Json]] = {
    "throughput": throughput,
    "cost": cost,
    "agreement": agreement,
    "confusion": confusion,
    "workers": workers,
    "drift": drift,
    "golds": golds,
    "models": models,
    "payouts": payouts,
}
