"""Projects and what they are filled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from assay_client.call import Call, as_it_comes, get, given, post
from assay_client.shapes import CreatedWorker, Json, NewGold, NewProject, NewTask, NewWorker, Versioned


def create_project(project: NewProject | Mapping[str, Any]) -> Call[Json]:
    """Make a project; it hands out nothing before `launch`."""
    return post("/projects", dict(project))


def projects(
    *, name: str | None = None, state: str | None = None, ordering: str | None = None, page_size: int | None = None
) -> Call[Json]:
    """The projects that the key's owner manages, the newest first."""
    return get("/projects", name=name, state=state, ordering=ordering, page_size=page_size)


def project(project: str) -> Call[Json]:
    """The project with its ``status``: counts of tasks and answers, what is pending, what it cost."""
    return get(f"/projects/{project}")


def versioned_project(project: str) -> Call[Versioned]:
    """The project with the version of its configuration, for `change_project`."""
    return Call("GET", f"/projects/{project}", read=as_it_comes, is_versioned=True)


def change_project(project: str, changes: Mapping[str, Any], if_match: str | None = None) -> Call[Json]:
    """Change what is given; with the ``etag`` of `versioned_project` only if nobody has changed it since."""
    return Call("PATCH", f"/projects/{project}", body=dict(changes), if_match=if_match)


def launch(project: str, acknowledgement: str | None = None) -> Call[Json]:
    """Let workers in; where an hour would pay less than the floor, only with an acknowledgement."""
    return post(f"/projects/{project}/launch", given(acknowledgement=acknowledgement))


def archive(project: str) -> Call[Json]:
    """Put it away for good; what is lent out may still be submitted."""
    return post(f"/projects/{project}/archive")


def clone(project: str, name: str | None = None) -> Call[Json]:
    """Make a draft with the same configuration, rules and requirements."""
    return post(f"/projects/{project}/clone", given(name=name))


def pause(project: str) -> Call[Json]:
    """Hand out nothing more; what is lent out may still be submitted."""
    return post(f"/projects/{project}/pause")


def refit(project: str) -> Call[Json]:
    """Ask for a full fit; `project` says under ``status.is_refit_pending`` when it is done."""
    return post(f"/projects/{project}/refit")


def add_tasks(project: str, tasks: Sequence[NewTask]) -> Call[Json]:
    """Add tasks, all or none."""
    return post(f"/projects/{project}/tasks", {"tasks": list(tasks)})


def add_golds(project: str, golds: Sequence[NewGold]) -> Call[Json]:
    """Add gold tasks, all or none."""
    return post(f"/projects/{project}/golds", {"golds": list(golds)})


def gold_health(project: str) -> Call[Json]:
    """Whether the golds can be trusted: stock, use, leaks, wrong labels."""
    return get(f"/projects/{project}/golds/health")


def add_workers(project: str, workers: Sequence[NewWorker]) -> Call[list[CreatedWorker]]:
    """Make workers with a key each, in the order given."""

    def made(reply: Any) -> list[CreatedWorker]:
        return cast("list[CreatedWorker]", reply["workers"])

    return Call("POST", f"/projects/{project}/workers", body={"workers": list(workers)}, read=made)


def requirements(project: str) -> Call[Json]:
    """What the project asks of its workers."""
    return get(f"/projects/{project}/requirements")


def set_requirements(project: str, requirements: Mapping[str, Any]) -> Call[Json]:
    """Replace what the project asks of its workers."""
    return post(f"/projects/{project}/requirements", dict(requirements))


def courses(project: str) -> Call[Json]:
    """The project's courses with what came of them."""
    return get(f"/projects/{project}/courses")


def create_course(project: str, course: Mapping[str, Any]) -> Call[Json]:
    """Make a course with its items."""
    return post(f"/projects/{project}/courses", dict(course))
