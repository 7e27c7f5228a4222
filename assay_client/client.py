"""AssayClient: one method per call of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

from assay_client.shapes import (
    Claim,
    CreatedWorker,
    Json,
    NewGold,
    NewProject,
    NewTask,
    NewWorker,
    Submission,
)
from assay_client.transport import RetryPolicy, Transport

API = "/api/v1"


class AssayClient:
    """Talks to the server at ``base_url`` as the owner of ``key``; safe to share between threads.

    Every method raises AssayError. Lost connections and the statuses 429 and 503 are tried again as ``retry`` says.
    """

    def __init__(
        self, base_url: str, key: str, *, timeout_seconds: float = 30.0, retry: RetryPolicy | None = None
    ) -> None:
        self._transport = Transport(base_url, key, timeout_seconds=timeout_seconds, retry=retry)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    # --- a manager's calls

    def create_project(self, project: NewProject) -> Json:
        """Make a project; it hands out nothing before `launch`."""
        return self._post("/projects", cast("Json", project))

    def add_tasks(self, project: str, tasks: Sequence[NewTask]) -> Json:
        """Add tasks, all or none."""
        return self._post(f"/projects/{project}/tasks", {"tasks": list(tasks)})

    def add_golds(self, project: str, golds: Sequence[NewGold]) -> Json:
        """Add gold tasks, all or none."""
        return self._post(f"/projects/{project}/golds", {"golds": list(golds)})

    def add_workers(self, project: str, workers: Sequence[NewWorker]) -> list[CreatedWorker]:
        """Make workers with a key each, in the order given."""
        return cast(
            "list[CreatedWorker]", self._post(f"/projects/{project}/workers", {"workers": list(workers)})["workers"]
        )

    def launch(self, project: str) -> Json:
        """Let workers in."""
        return self._post(f"/projects/{project}/launch")

    def project(self, project: str) -> Json:
        """The project with its ``status``: counts of tasks and answers, what is pending, what it cost."""
        return self._get(f"/projects/{project}")

    def refit(self, project: str) -> Json:
        """Ask for a full fit; `project` says under ``status.is_refit_pending`` when it is done."""
        return self._post(f"/projects/{project}/refit")

    def consensus(self, project: str) -> Iterator[Json]:
        """The consensus of every task."""
        return self._pages(f"/projects/{project}/consensus")

    def answers(self, project: str) -> Iterator[Json]:
        """Every answer, gold and surplus ones marked."""
        return self._pages(f"/projects/{project}/answers")

    def agreement(self, project: str) -> Json:
        """Coefficients per group of workers, each with its interval."""
        return self._get(f"/projects/{project}/agreement")

    def trust(self, project: str) -> Iterator[Json]:
        """Every worker's trust level with the evidence behind it."""
        return self._pages(f"/projects/{project}/trust")

    def payouts(self, project: str) -> Json:
        """What every worker is owed, the total, and whether the ledger balances."""
        return self._get(f"/projects/{project}/payouts")

    # --- a worker's calls

    def claim(self, project: str) -> Claim:
        """Borrow a task; a worker who holds one gets the same one again."""
        return cast("Claim", self._post(f"/projects/{project}/claim"))

    def submit(self, assignment: str, value: Any) -> Submission:
        """Answer a borrowed task."""
        return cast("Submission", self._post(f"/assignments/{assignment}/submit", {"value": value}))

    # --- how

    def _get(self, path: str) -> Json:
        return cast("Json", self._transport.send("GET", API + path))

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        return cast("Json", self._transport.send("POST", API + path, body=body or {}))

    def _pages(self, path: str) -> Iterator[Json]:
        address: str | None = API + path
        while address:
            page = self._transport.send("GET", address)
            yield from page["results"]
            after = page.get("next")
            # Only path and query are followed, so that no reply can send the key to another host.
            address = urlsplit(after)._replace(scheme="", netloc="").geturl() if after else None
