"""How much of a worker's record is disclosed to that worker, so that no single task can be told to be gold."""

from __future__ import annotations

# A figure that moved after every gold answer would point at the task. It moves once in so many answers instead.
STEP = 20


def disclosed_answers(answers: int) -> int:
    """How many of a worker's first ``answers`` answers enter the skill that the worker is shown."""
    return answers - answers % STEP
