"""How long requests take, by door and status; over all processes of a host where they share a folder."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

# A registry of its own: the default one holds figures about the Python process that nobody asked for.
REGISTRY = CollectorRegistry()
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
REQUEST_SECONDS = Histogram(
    "assay_request_seconds",
    "How long requests took, by door (claim, submit, api, page) and class of status.",
    ("door", "status"),
    buckets=BUCKETS,
    registry=REGISTRY,
)
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def door_of(path: str) -> str:
    """Which door of the server a path belongs to: few names, however many addresses."""
    if not path.startswith("/api/"):
        return "page"
    last = path.rstrip("/").rpartition("/")[2]
    return last if last in ("claim", "submit") else "api"


def timings() -> CollectorRegistry:
    """The registry to read: of this process, or of all that share the folder."""
    if not os.environ.get(SHARED_FOLDER):
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)
    return shared
