"""The panels of a project's dashboard by name: each reads the project and returns a body of `shapes`."""

from __future__ import annotations

from collections.abc import Callable

from crowd.models import Project
from crowd.queries.panels.shapes import Json
from crowd.queries.panels.throughput import throughput

PANELS: dict[str, Callable[[Project], Json]] = {
    "throughput": throughput,
}
