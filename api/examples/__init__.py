"""Examples for the API's document: what is asked and what came back; tests execute every one of them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from api.examples import money, people, projects, results, work
from api.examples.example import Example

# By operation id; an operation that is not named here is asked with neither a body nor a query.
REQUESTS: dict[str, Example] = {
    **projects.EXAMPLES,
    **people.EXAMPLES,
    **work.EXAMPLES,
    **results.EXAMPLES,
    **money.EXAMPLES,
}
# Written by scripts/write_examples, which executes the requests; by operation id.
REPLIES_FILE = Path(__file__).with_name("replies.json")


def example_of(operation: str) -> Example:
    """What the operation is asked with in its example."""
    return REQUESTS.get(operation, Example())


@lru_cache(maxsize=1)
def replies() -> dict[str, dict[str, Any]]:
    """What each example was answered: ``status``, and ``body`` where the reply is JSON."""
    found: dict[str, dict[str, Any]] = json.loads(REPLIES_FILE.read_text())
    return found
