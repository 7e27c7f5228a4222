"""The demo's workers: replayed raters, planted guessers, VADER."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assay_client.shapes import NewWorker
from demo.errors import DemoError
from demo.project import LABELS, Material, label_of_rating
from demo.snippets import Snippet
from demo.source import PACKAGE, VERSION

Origin = Literal["replayed", "planted", "function"]

N_RANDOM = 2
CONSTANT_LABEL = "positive"


@dataclass(frozen=True, kw_only=True)
class DemoWorker:
    """Who answers in the demo: ``answer`` gives a text its label, the same one each time it is asked."""

    name: str
    origin: Origin
    answer: Callable[[str], str]

    @property
    def request(self) -> NewWorker:
        """The worker as the API takes it."""
        if self.origin == "function":
            model = {"provider": PACKAGE, "model": "VADER", "version": VERSION}
            return NewWorker(name=self.name, kind="function", model=model)
        return NewWorker(name=self.name, kind="human")


def demo_workers(material: Material, vader: Callable[[str], str]) -> list[DemoWorker]:
    """One replay worker per rating position, the three planted ones, VADER.

    A position exists when every snippet of the project has it, so that no replay worker runs out of ratings.
    """
    by_text = material.by_text
    positions = min(len(snippet.ratings) for snippet in by_text.values())
    workers = [
        DemoWorker(name=f"Replay {i + 1:02d}", origin="replayed", answer=_replay(by_text, i)) for i in range(positions)
    ]
    workers += [
        DemoWorker(name=f"Planted random {i + 1}", origin="planted", answer=_guess(material.plan.seed, i))
        for i in range(N_RANDOM)
    ]
    workers.append(
        DemoWorker(name=f"Planted always {CONSTANT_LABEL}", origin="planted", answer=lambda _text: CONSTANT_LABEL)
    )
    workers.append(DemoWorker(name=f"VADER {VERSION}", origin="function", answer=vader))
    return workers


def _replay(by_text: dict[str, Snippet], position: int) -> Callable[[str], str]:
    def answer(text: str) -> str:
        if text not in by_text:
            raise DemoError(f"the server handed out a text that is not in this project: {text[:60]!r}")
        return label_of_rating(by_text[text].ratings[position])

    return answer


def _guess(seed: int, number: int) -> Callable[[str], str]:
    def answer(text: str) -> str:
        # Seeded by the text, not by the turn, so that threads cannot change who says what.
        return random.Random(f"{seed}/{number}/{text}").choice(LABELS)

    return answer
