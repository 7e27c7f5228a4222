"""The shapes of requests to the API, with those of its replies that a worker acts on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

Json = dict[str, Any]


@dataclass(frozen=True)
class Versioned:
    """A reply with its version: a change that names it as ``if_match`` is refused when somebody was quicker."""

    body: Json
    etag: str


class Money(TypedDict):
    """An amount as decimal text, such as "0.020000", with its ISO 4217 code."""

    amount: str
    currency: str


class Label(TypedDict):
    """A value of the label set with the words that a worker reads."""

    value: str
    title: str


class NewProject(TypedDict):
    """What a project is created from."""

    name: str
    instructions: str
    answer_type: str
    labels: list[Label]
    scale: Literal["nominal", "ordinal", "interval", "ratio"]
    aggregation_model: NotRequired[str]
    min_overlap: int
    max_overlap: int
    target_confidence: float
    label_worth: NotRequired[Money | None]
    audit_share: NotRequired[float]
    price: Money
    budget: Money | None
    gold_rate: float
    lease_seconds: int


class NewTask(TypedDict):
    """One thing to be judged; ``key`` is the manager's own name for it."""

    key: str
    payload: Json
    priority: NotRequired[int]


class NewGold(TypedDict):
    """A task whose right labels are known, with the reason that a worker may read in training."""

    key: str
    payload: Json
    labels: list[str]
    reason: str


class NewWorker(TypedDict):
    """A worker to be made, or with ``id`` one that exists; ``model`` describes what is not a person.

    ``vote`` says whether a person's answers enter the consensus; a model's do once it has earned it.
    """

    id: NotRequired[str]
    name: NotRequired[str]
    kind: NotRequired[Literal["human", "llm", "classifier", "function"]]
    model: NotRequired[Json]
    vote: NotRequired[Literal["counted", "shadow"]]


class CreatedWorker(TypedDict):
    """A worker with the key that is shown this once."""

    id: str
    name: str
    kind: str
    key: str


class Assignment(TypedDict):
    """A task lent to a worker until the deadline."""

    id: str
    deadline: str
    payload: Json
    labels: list[Label]


class Claim(TypedDict):
    """The reply to a claim: work, "come back later", or "you are finished here"."""

    state: Literal["assigned", "wait", "finished"]
    assignment: NotRequired[Assignment]
    retry_after_seconds: NotRequired[float]


class Submission(TypedDict):
    """The reply to an answer: it fills a place of the task, or it came too late for one."""

    id: str
    state: Literal["accepted", "surplus"]


class SubmissionThenClaim(Submission):
    """The reply to an answer with the next claim; ``refused``: the answer is stored, ``next`` says why no task came."""

    next: Claim
