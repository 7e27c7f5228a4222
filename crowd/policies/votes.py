"""What a worker's kind means for an answer: does it take a place, what does it earn?"""

from __future__ import annotations

from crowd.enums import VoteState, WorkerKind


def takes_place(kind: str) -> bool:
    """Whether an answer uses up one of the task's places: a model's vote is extra and never replaces a person's."""
    return kind == WorkerKind.HUMAN


def first_vote_state(kind: str) -> VoteState:
    """People's answers count from the start; a model's are stored and measured, and count once it has earned it."""
    return VoteState.COUNTED if kind == WorkerKind.HUMAN else VoteState.SHADOW


def pay_micros(kind: str, price_micros: int) -> int:
    """What an answer earns, in micro-units: models have costs, never pay."""
    return price_micros if kind == WorkerKind.HUMAN else 0
