"""The demo project: which snippets are tasks, which are golds, what the truth is taken to be."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay_client.shapes import Label, NewGold, NewProject, NewTask
from demo.errors import DemoError
from demo.snippets import Snippet

LABELS = ("negative", "neutral", "positive")
CURRENCY = "USD"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes and rules of the demo project.

    A mean rating within ±``neutral_band`` is neutral. A gold needs at least ``gold_share`` of its ratings on one
    label. Texts under ``shortest_words`` words ("wow!", "...") are left out: several share one text, and a replay
    needs the text to name its ratings. The budget pays for ``max_overlap`` answers on every task and as many again.
    """

    tasks: int = 400
    golds_per_label: int = 15
    neutral_band: float = 0.5
    gold_share: float = 0.95
    shortest_words: int = 3
    min_overlap: int = 3
    max_overlap: int = 10
    target_confidence: float = 0.95
    gold_rate: float = 0.15
    price: str = "0.020000"
    budget: str = "200.000000"
    lease_seconds: int = 120
    seed: int = 1979


@dataclass(frozen=True, kw_only=True)
class Material:
    """The snippets of one project: ``tasks`` a random sample, ``golds`` with their label, from the rest."""

    plan: Plan
    tasks: tuple[Snippet, ...]
    golds: tuple[tuple[Snippet, str], ...]

    @property
    def truth(self) -> dict[str, str]:
        """The true label of every task, by its key."""
        return {task_key(snippet): true_label(snippet, self.plan.neutral_band) for snippet in self.tasks}

    @property
    def by_text(self) -> dict[str, Snippet]:
        """Every snippet of the project by its text, which is all that a worker is shown."""
        return {snippet.text: snippet for snippet in (*self.tasks, *(gold for gold, _ in self.golds))}


def task_key(snippet: Snippet) -> str:
    """The manager's name of a task; a worker never sees it."""
    return f"amazon-{snippet.id}"


def label_of_rating(rating: int) -> str:
    """A single rating as a label: its sign. Raters used whole numbers, so only 0 says "neither"."""
    return "neutral" if rating == 0 else "positive" if rating > 0 else "negative"


def true_label(snippet: Snippet, neutral_band: float) -> str:
    """The sign of the mean of all ratings; within ±``neutral_band``, ends included, neutral."""
    # Whole sums, because a mean of 0.5 must not depend on floating point.
    total, band = sum(snippet.ratings), neutral_band * len(snippet.ratings)
    return "neutral" if abs(total) <= band else "positive" if total > 0 else "negative"


def choose_material(snippets: Sequence[Snippet], plan: Plan) -> Material:
    """Draw the tasks at random from all usable snippets, then the golds from the rest, balanced over the labels.

    The tasks are drawn first, so that they stay a fair sample and are not robbed of their easy cases. The same
    snippets and plan give the same material. Raises DemoError when there are not enough snippets.
    """
    often = Counter(snippet.text for snippet in snippets)
    usable = [s for s in snippets if often[s.text] == 1 and len(s.text.split()) >= plan.shortest_words]
    if len(usable) < plan.tasks:
        raise DemoError(f"the corpus has {len(usable)} usable snippets, but the demo needs {plan.tasks} for its tasks.")
    shuffled = random.Random(plan.seed).sample(usable, len(usable))
    tasks, rest = shuffled[: plan.tasks], shuffled[plan.tasks :]
    golds: list[tuple[Snippet, str]] = []
    for label in LABELS:
        clear = [s for s in rest if true_label(s, plan.neutral_band) == label and _share(s, label) >= plan.gold_share]
        if len(clear) < plan.golds_per_label:
            raise DemoError(
                f"the corpus has {len(clear)} nearly unanimous {label} snippets beside the tasks, but the demo needs "
                f"{plan.golds_per_label} golds of each label."
            )
        golds += [(snippet, label) for snippet in clear[: plan.golds_per_label]]
    return Material(plan=plan, tasks=tuple(tasks), golds=tuple(golds))


def project_request(plan: Plan, name: str) -> NewProject:
    """What the manager sends to make the project."""
    return NewProject(
        name=name,
        instructions=(
            "Read the sentence from a product review. How does its writer feel about the product there? Choose "
            "positive or negative when the words show it, neutral when they show neither."
        ),
        answer_type="single_choice",
        labels=[Label(value=label, title=label.capitalize()) for label in LABELS],
        scale="ordinal",
        aggregation_model="dawid-skene",
        min_overlap=plan.min_overlap,
        max_overlap=plan.max_overlap,
        target_confidence=plan.target_confidence,
        price={"amount": plan.price, "currency": CURRENCY},
        budget={"amount": plan.budget, "currency": CURRENCY},
        gold_rate=plan.gold_rate,
        lease_seconds=plan.lease_seconds,
    )


def task_requests(material: Material) -> list[NewTask]:
    """The tasks as the API takes them."""
    return [NewTask(key=task_key(snippet), payload={"text": snippet.text}) for snippet in material.tasks]


def gold_requests(material: Material) -> list[NewGold]:
    """The golds as the API takes them; their keys look like any other task's."""
    return [
        NewGold(
            key=task_key(snippet),
            payload={"text": snippet.text},
            labels=[label],
            reason=f"{_count(snippet, label)} of {len(snippet.ratings)} readers found it {label}.",
        )
        for snippet, label in material.golds
    ]


def _count(snippet: Snippet, label: str) -> int:
    return sum(label_of_rating(rating) == label for rating in snippet.ratings)


def _share(snippet: Snippet, label: str) -> float:
    return _count(snippet, label) / len(snippet.ratings)
