"""A small project that is left to the reader: log in as the worker to answer its tasks."""

from __future__ import annotations

from assay_client import AssayClient
from assay_client.shapes import NewWorker
from demo.project import Material, gold_requests, project_request, task_requests

TASKS = 30


def make_own_project(manager: AssayClient, material: Material, worker: str) -> str:
    """Make the project with the first tasks of the material, for one existing worker; its id.

    A single answer completes a task where the worker is known well enough, so that one person sees tasks finish.
    Raises AssayError.
    """
    request = project_request(material.plan, "Try it: sentiment of product reviews")
    request |= {"min_overlap": 1, "max_overlap": 3, "lease_seconds": 600}
    project = str(manager.create_project(request)["id"])
    manager.add_tasks(project, task_requests(material)[:TASKS])
    manager.add_golds(project, gold_requests(material))
    manager.add_workers(project, [NewWorker(id=worker)])
    manager.launch(project)
    return project
