"""The pages on which a project's people judge, pay and keep models, each in a state worth looking at."""

from __future__ import annotations

from cast import Cast, make_cast
from django.urls import reverse
from scenes import TEXTS, Scene

from crowd.services.tasks import NewTask, add_tasks


def manager_scenes() -> list[Scene]:
    """One project with disputes, judged workers, golds, models and money."""
    cast = make_cast(tasks=1, workers=5, name="Kettle reviews", budget_micros=40_000_000, min_overlap=3)
    rows = [NewTask(key=f"review-{i}", payload={"text": text, "product": "kettle"}) for i, text in enumerate(TEXTS)]
    add_tasks(project=cast.project, tasks=rows, actor=cast.owner)
    _disputes(cast)

    def scene(name: str, *arguments: object, query: str = "") -> Scene:
        return Scene(name, reverse(name, args=[cast.project.uid, *arguments]) + query, cast.owner)

    return [
        scene("manage-disputes"),
        scene("manage-dispute", cast.task("review-2").uid),
    ]


def _disputes(cast: Cast) -> None:
    for worker, value in zip(cast.workers[:3], ("negative", "positive", "neutral"), strict=True):
        for _ in range(len(TEXTS) + 1):
            cast.answer(worker, value)
