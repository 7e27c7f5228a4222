"""RetryPolicy: which failed attempts are repeated, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

# Too many requests, and what a server or a proxy before it may recover from.
RETRIED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often, how patiently: the wait doubles from ``first_wait_seconds`` up to ``longest_wait_seconds``.

    A Retry-After header replaces the doubled wait, up to ``longest_wait_seconds`` as well.
    """

    attempts: int = 6
    first_wait_seconds: float = 0.2
    longest_wait_seconds: float = 10.0

    def wait_seconds(self, attempt: int, retry_after: str | None) -> float:
        """Seconds before attempt ``attempt + 1`` (the first attempt is 1)."""
        if retry_after is not None and retry_after.isdigit():
            return min(float(retry_after), self.longest_wait_seconds)
        doubled = min(self.first_wait_seconds * 2.0 ** (attempt - 1), self.longest_wait_seconds)
        # Clients that were refused together must not come back together.
        return doubled * random.uniform(0.5, 1.0)
