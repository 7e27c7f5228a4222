"""What an example is, with the ids that examples name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# What the parameters of addresses are called, and what bodies refer to; tests put real ids in their places.
IDS = {
    name: f"{n:08x}-0000-4000-8000-000000000000"
    for n, name in enumerate(
        (
            *(
                "project",
                "task",
                "worker",
                "assignment",
                "answer",
                "course",
                "step",
                "member",
                "key",
                "upload",
                "export",
            ),
            *("webhook", "delivery", "rater", "prompt", "example", "change", "decision", "flag", "restitution"),
            *("rejection", "appeal", "batch", "model"),
        ),
        start=1,
    )
}


@dataclass(frozen=True)
class Example:
    """A request: its body, in ``media_type``, and its query."""

    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    media_type: str = "application/json"
