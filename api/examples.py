"""Examples for the API's documentation; tests execute every one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A body with the reply that it gets; ``status`` is the reply's."""

    status: int = 200
    body: Any = None
    reply: Any = None


# By operation id.
EXAMPLES: dict[str, Example] = {}
