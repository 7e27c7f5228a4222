"""The pages on which a project is set up, changed and looked into, each in a state worth looking at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cast import Cast, make_cast
from django.urls import reverse
from scenes import TEXTS, Scene

from crowd.services.fairness import set_fairness_terms
from crowd.services.import_runs import run_import
from crowd.services.imports import create_import, plan_import
from crowd.services.projects import create_project
from crowd.services.stored_files import store_file
from crowd.services.tasks import NewTask, add_tasks
from web.manager.setup.jobs import JOBS

ROWS = [NewTask(key=f"review-{i}", payload={"text": text}) for i, text in enumerate(TEXTS)]
BAD_GOLDS = [b"text,gold,reason\nIt fits.,positive,praise\nIt broke.,awful,blame\n"]


def project_scenes() -> list[Scene]:
    """A draft on its way to the launch, and a project at work."""
    cast = make_cast(tasks=1, workers=3, name="Kettle reviews", budget_micros=40_000_000)
    add_tasks(project=cast.project, tasks=ROWS, actor=cast.owner)
    for worker, value in zip(cast.workers, ("negative", "positive", "neutral"), strict=True):
        while cast.claim(worker).state == "assigned":
            cast.answer(worker, value)

    def scene(name: str, *arguments: object) -> Scene:
        return Scene(name, reverse(name, args=[cast.project.uid, *arguments]), cast.owner)

    return [
        *_setup_scenes(cast),
        scene("manage-tasks"),
        scene("manage-task", cast.task("review-0").uid),
        scene("manage-settings"),
        scene("manage-audit"),
    ]


def _setup_scenes(cast: Cast) -> list[Scene]:
    """Some tasks, golds that were refused, a price that is too low."""
    draft = create_project(plan=replace(JOBS["sentiment"].plan("Pots"), price_micros=1_000), owner=cast.owner)
    add_tasks(project=draft, tasks=ROWS, actor=cast.owner)
    set_fairness_terms(project=draft, floor_micros=12_000_000, expected_seconds=None, actor=cast.owner)
    file = store_file(project=draft, blocks=BAD_GOLDS, limit_bytes=1 << 20, keep=timedelta(days=1))
    job = create_import(project=draft, file=file, plan=plan_import(name="golds.csv", mapping=[]), actor=cast.owner)
    run_import(import_id=job.pk)
    steps = ("question", "tasks", "golds", "pay", "launch")
    return [
        Scene("setup-begin", reverse("manage-new"), cast.owner),
        *(Scene(f"setup-{step}", reverse(f"setup-{step}", args=[draft.uid]), cast.owner) for step in steps),
    ]
